import path from 'node:path';
import { fetchingOf } from '../../build/fetching.js';
import { hasOwnPatches, patchesBelow } from '../../build/patch-folders.js';
import type { CliContext } from '../../core/context.js';
import { exitCodes, NetmapError, type Problem } from '../../core/errors.js';
import { realFiles } from '../../core/files.js';
import { pick, pickVersions } from '../../core/options/option-values.js';
import type { ConfigureOptions, Universe } from '../../core/options/options.js';
import { packageRoot, realPath } from '../../core/paths.js';
import { createSteps } from '../../core/terminal/progress.js';
import { loadCatalogue } from '../../facts/drivers/catalogue.js';
import { loadUniverse } from '../../facts/drivers/universe.js';
import { type Available, availableVersions } from '../../facts/external/available.js';
import { obtainArchive } from '../../facts/external/fetch.js';
import type { Archive } from '../../facts/external/store.js';
import { findVendor, patchName, type Vendor } from '../../facts/external/vendors.js';
import { chooseVersion, type PatchedVersion, patchedVersions } from '../../facts/external/versions.js';

interface Wanted {
  readonly vendor: Vendor;
  readonly version: string;
  readonly patched: readonly PatchedVersion[];
}

type Fetched =
  | ({ readonly driver: string; readonly version: string; readonly patch: string | null } & Omit<
      Archive,
      'tree'
    >)
  | { readonly driver: string; readonly version: string; readonly problem: Problem };

/**
 * Fetches the archives of external drivers, each on its own: one that cannot be had does not keep the others away.
 *
 * @returns exit status: 4 when an archive is missing
 * @param options of this run, from configuration files and the command line
 * @throws NetmapError `unknown-name`, `bad-value` (exit 2)
 */
export async function fetchDrivers(
  request: { readonly drivers: readonly string[]; readonly list: boolean },
  options: ConfigureOptions,
  context: CliContext,
): Promise<number> {
  const catalogue = await loadCatalogue(packageRoot, realFiles);
  const universe = await loadUniverse(packageRoot, catalogue, realFiles);
  const run = { options, context, files: realFiles, buildDir: realPath(context.cwd) };
  const wanted = await wantedOf(request.drivers, universe, run);
  if (request.list) return list(wanted, run);

  const results: Fetched[] = [];
  const step = createSteps(context, options.json);
  for (const { vendor, version, patched } of wanted) {
    const here = { driver: vendor.driver, version };
    try {
      const { tree: _, ...archive } = await step(`${vendor.driver} ${version}`, (progress) =>
        obtainArchive(vendor, version, { ...fetchingOf(run), progress }),
      );
      const name = patchName(vendor, version);
      results.push({ ...here, ...archive, patch: patched.some(({ patch }) => patch === name) ? name : null });
    } catch (error) {
      if (!(error instanceof NetmapError) || error.code === 'interrupted') throw error;
      results.push({ ...here, problem: error.problem });
    }
  }
  context.out(
    options.json ? `${JSON.stringify({ archives: results }, null, 2)}\n` : results.map(inWords).join(''),
  );
  return results.some((result) => 'problem' in result) ? exitCodes.fetchFailed : exitCodes.ok;
}

interface FetchRun {
  readonly options: ConfigureOptions;
  readonly context: CliContext;
  readonly files: typeof realFiles;
  readonly buildDir: string;
}

async function wantedOf(named: readonly string[], universe: Universe, run: FetchRun): Promise<Wanted[]> {
  const { options } = run;
  const names: string[] = [];
  const versions = new Map(options.versions);
  for (const word of named) {
    if (word.includes(':')) {
      const [choice] = pickVersions(word, universe.externalDrivers, options, universe.aliases);
      if (choice !== undefined) versions.set(...choice);
    }
    names.push(
      ...pick('external_driver', word.split(':')[0], universe.externalDrivers, options, universe.aliases),
    );
  }
  const standard = options.drivers.filter((driver) => options.externalDrivers.includes(driver)).reverse();
  const stored = (await hasOwnPatches(run))
    ? path.join(run.buildDir, 'patches')
    : path.join(packageRoot, 'final-patches');
  const others = options.patchesFrom === undefined ? [] : [await patchesBelow(run, options.patchesFrom)];
  const wanted: Wanted[] = [];
  for (const name of named.length === 0 ? standard : [...new Set(names)]) {
    const vendor = findVendor(name);
    if (vendor === undefined) continue;
    const patched = await patchedVersions(vendor, [stored, ...others], run.files);
    const version = chooseVersion(vendor, versions.get(name), patched) ?? vendor.version;
    wanted.push({ vendor, version, patched });
  }
  return wanted;
}

function inWords(result: Fetched): string {
  const title = `${result.driver} ${result.version}`;
  if ('problem' in result) {
    const { what, why = '', mend = '' } = result.problem;
    return `${title}: not here\n  error: ${what}\n  why:   ${why.replaceAll('\n', '\n         ')}\n  to do: ${mend}\n`;
  }
  const origin = { folder: 'your own', cache: 'here already', network: 'fetched' }[result.from];
  const checked =
    result.checkedBy === undefined
      ? 'compared with nothing: put it into ext-drivers/SHA256SUMS when you know that it is right'
      : `as ${result.checkedBy} says`;
  const patch = result.patch ?? 'none here: name a netmap checkout that has one with --patches-from=DIR';
  return `${title}: ${origin}, ${result.file}\n  SHA-256 ${result.sha256} (${checked})\n  patch: ${patch}\n`;
}

async function list(wanted: readonly Wanted[], run: FetchRun): Promise<number> {
  const rows: { driver: string; versions: Available[] }[] = [];
  for (const { vendor, version, patched } of wanted) {
    const versions = await availableVersions(vendor, version, patched, fetchingOf(run).store);
    rows.push({ driver: vendor.driver, versions });
  }
  run.context.out(run.options.json ? `${JSON.stringify({ drivers: rows }, null, 2)}\n` : table(rows));
  return exitCodes.ok;
}

function table(rows: readonly { driver: string; versions: readonly Available[] }[]): string {
  const cells = rows.flatMap(({ driver, versions }) =>
    versions.map(({ version, chosen, patch, archive }) => [
      driver,
      `${chosen ? '*' : ' '}${version}`,
      patch ?? '-',
      archive ?? '-',
    ]),
  );
  const all = [['driver', ' version', 'patch', 'archive'], ...cells];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => (row[column] as string).length)));
  const lines = all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return `${lines.join('\n')}\n* is what configure takes, where there is a patch for it; --select-version=DRIVER:VERSION takes another\n`;
}
