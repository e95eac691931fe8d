import path from 'node:path';
import { NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import type { Runner } from '../../core/runner.js';

/** The user's own `<driver>@<key>` variables of config.mak that configuring has to know. */
export interface DriverOverrides {
  readonly conf?: string;
  /** Not empty: do not look into `.config`. */
  readonly force?: string;
  readonly src?: string;
  /** Paths relative to the build folder, separated by blanks; `none` for no patch. */
  readonly patch?: string;
  /** Version of a vendor's driver. */
  readonly v?: string;
  /** Command of the user's that brings an archive into an ext-drivers folder. */
  readonly fetch?: string;
}

const KEYS = ['conf', 'force', 'src', 'patch', 'v', 'fetch'] as const;

/**
 * Lets make evaluate config.mak, after the versions of --select-version, since it is a makefile, and returns what it sets for each driver.
 *
 * @throws NetmapError `config-mak-broken` with make's message.
 */
export async function readOverrides(
  buildDir: string,
  request: { readonly drivers: readonly string[]; readonly versions: readonly (readonly [string, string])[] },
  runner: Runner,
  files: Files,
): Promise<ReadonlyMap<string, DriverOverrides>> {
  if (!(await files.exists(path.join(buildDir, 'config.mak')))) return new Map();
  const { drivers } = request;
  const patterns = drivers.map((driver) => `${driver}@%`).join(' ');
  const makefile = [
    ...request.versions.map(([driver, version]) => `${driver}@v := ${version}`),
    'include config.mak',
    `$(foreach v,$(filter ${patterns},$(.VARIABLES)),$(info $v=$($v)))`,
    '.PHONY: netmap-nothing',
    'netmap-nothing: ; @:',
  ];
  const result = await runner.run({
    file: 'make',
    args: ['-s', '--no-print-directory', '-f', '-', 'netmap-nothing'],
    cwd: buildDir,
    env: { LC_ALL: 'C', MAKEFLAGS: undefined, MAKELEVEL: undefined },
    input: `${makefile.join('\n')}\n`,
    allowFailure: true,
  });
  if (result.exitCode !== 0) {
    throw new NetmapError({
      code: 'config-mak-broken',
      what: `${path.join(buildDir, 'config.mak')} cannot be read by make`,
      why: result.stderr.trim(),
      mend: 'correct it; it uses the syntax of GNU make',
      exitCode: 2,
    });
  }
  return parseOverrides(result.stdout, drivers);
}

/** Reads lines `driver@key=value`; other keys are make's own business. */
export function parseOverrides(
  text: string,
  drivers: readonly string[],
): ReadonlyMap<string, DriverOverrides> {
  const found = new Map<string, DriverOverrides>();
  for (const line of text.split('\n')) {
    const match = /^([^@\s]+)@(\w+)=(.*)$/.exec(line);
    const [, driver, name, value] = match ?? [];
    const key = KEYS.find((candidate) => candidate === name);
    if (driver === undefined || key === undefined || !drivers.includes(driver)) continue;
    found.set(driver, { ...found.get(driver), [key]: value?.trim() ?? '' });
  }
  return found;
}
