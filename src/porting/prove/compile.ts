import path from 'node:path';
import { subsystemFlag } from '../../build/render.js';
import { exitCodes, NetmapError } from '../../core/errors.js';
import { subsystems } from '../../core/options/options.js';
import type { Tools } from '../../core/tools.js';
import type { Manifest } from '../../facts/drivers/manifest.js';
import type { WorkFolder } from '../work/work.js';
import { type Reference, readReferences } from './elf.js';
import { proofFlags } from './object-proof.js';

/** `proof`: the ported files with functions kept apart, for the object proof only. */
export type Side = 'vanilla' | 'ported' | 'proof';

export interface CompileRequest {
  readonly manifest: Manifest;
  readonly work: WorkFolder;
  /** Configured kernel build directory. */
  readonly kernelDir: string;
  readonly kernelOpts: readonly string[];
  /** Directories that the bridge header and the netmap headers are in, first one searched first. */
  readonly includes: readonly string[];
}

export interface Compiled {
  readonly seconds: number;
  /** Without places, so that two compilations can be compared. */
  readonly warnings: readonly string[];
  readonly references: ReadonlyMap<string, readonly Reference[]>;
  readonly logFile: string;
}

/**
 * Compiles the manifest's files of one side of the port, without linking.
 *
 * @param side `vanilla` compiles the unchanged files without any netmap flag: when this fails, the kernel or its
 *   build directory is the cause, not the port
 * @throws NetmapError `vanilla-does-not-build`, `port-does-not-build`
 */
export async function compileSide(
  side: Side,
  files: ReadonlyMap<string, string>,
  request: CompileRequest,
  tools: Pick<Tools, 'runner' | 'files'>,
): Promise<Compiled> {
  const { manifest, work, kernelDir } = request;
  const folder = path.join(work.directory, `build-${side}`);
  const logFile = path.join(work.directory, 'report', `compile-${side}.log`);
  await tools.files.remove(folder);
  await tools.files.remove(logFile);
  await prepareFolder(manifest, work, folder, files, tools);
  const objects = manifest.files
    .filter((name) => name.endsWith('.c'))
    .map((name) => name.replace(/\.c$/, '.o'));
  const on = subsystems.filter((subsystem) => subsystem.on).map(({ name }) => subsystemFlag(name));
  const netmap = ['-DCONFIG_NETMAP', ...on, ...request.includes.map((include) => `-I${include}`)];
  const flags = { vanilla: [], ported: netmap, proof: [...netmap, ...proofFlags] }[side];
  const started = performance.now();
  const result = await tools.runner.run({
    file: 'make',
    args: [
      '-C',
      kernelDir,
      `M=${folder}`,
      `${manifest.kconfig}=m`,
      // Makefiles that name their own folder by $(srctree)/$(src) miss it when it lies elsewhere.
      `KCFLAGS=${[`-I${folder}`, ...flags].join(' ')}`,
      ...request.kernelOpts,
      ...objects,
    ],
    env: { LC_ALL: 'C', MAKEFLAGS: undefined, MAKELEVEL: undefined },
    logFile,
    timeoutMs: 600_000,
    failure:
      side === 'vanilla'
        ? {
            code: 'vanilla-does-not-build',
            what: `the unmodified ${manifest.name} does not build for the kernel in ${kernelDir}`,
            mend: 'this is not the fault of the port: check that sources and build directory are of one kernel',
            exitCode: exitCodes.buildFailed,
          }
        : {
            code: 'port-does-not-build',
            what: `the ported ${manifest.name} does not build; the unmodified one does`,
            mend: `correct the bridge header or the hooks, then run again with --resume`,
            exitCode: exitCodes.portRefused,
          },
  });
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const references = new Map<string, Reference[]>();
  for (const object of objects) references.set(object, await referencesOf(path.join(folder, object), tools));
  return { seconds, warnings: warningsOf(`${result.stdout}\n${result.stderr}`), references, logFile };
}

async function referencesOf(object: string, { files }: Pick<Tools, 'files'>): Promise<Reference[]> {
  const bytes = await files.readBytes(object).catch((error: NodeJS.ErrnoException) => {
    throw new NetmapError({
      code: 'object-missing',
      what: `the kernel's build made no ${path.basename(object)}`,
      why: error.code ?? String(error),
      mend: 'compare `files` and `kconfig` in the manifest with the Makefile of the driver',
      exitCode: exitCodes.portRefused,
    });
  });
  return readReferences(bytes);
}

async function prepareFolder(
  manifest: Manifest,
  work: WorkFolder,
  folder: string,
  files: ReadonlyMap<string, string>,
  tools: Pick<Tools, 'files'>,
): Promise<void> {
  if (manifest.kind === 'directory') await tools.files.copyInto(work.driver, folder);
  else {
    const objects = manifest.files
      .filter((name) => name.endsWith('.c'))
      .map((name) => name.replace(/\.c$/, '.o'));
    await tools.files.write(path.join(folder, 'Makefile'), `obj-m += ${objects.join(' ')}\n`);
  }
  for (const [name, text] of files) await tools.files.write(path.join(folder, name), text);
}

/** Warnings of gcc and clang, each once, with path and line taken off. */
function warningsOf(output: string): string[] {
  const found = output.split('\n').flatMap((line) => /:\d+(?::\d+)?: (warning: .*)$/.exec(line)?.[1] ?? []);
  return [...new Set(found)].sort();
}
