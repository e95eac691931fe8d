import path from 'node:path';
import { fetchingOf } from '../../build/fetching.js';
import { hasOwnPatches, patchesBelow } from '../../build/patch-folders.js';
import { NetmapError } from '../../core/errors.js';
import type { ConfigureInput } from '../../core/options/input.js';
import type { Universe } from '../../core/options/options.js';
import type { Result } from '../../core/options/result.js';
import { packageRoot, realPath } from '../../core/paths.js';
import { createSteps } from '../../core/terminal/progress.js';
import { loadCatalogue } from '../../facts/drivers/catalogue.js';
import { loadUniverse } from '../../facts/drivers/universe.js';
import { availableVersions } from '../../facts/external/available.js';
import { obtainArchive } from '../../facts/external/fetch.js';
import { findVendor, patchName, type Vendor } from '../../facts/external/vendors.js';
import { chooseVersion, type PatchedVersion, patchedVersions } from '../../facts/external/versions.js';
import { namedDrivers } from './plan.js';
import { type Fetched, showFetched, showVersions, type Versions } from './show.js';

interface Wanted {
  readonly vendor: Vendor;
  readonly version: string;
  readonly patched: readonly PatchedVersion[];
}

/**
 * `fetch`: archives of vendors' drivers, each on its own: one that cannot be had does not keep the others away.
 *
 * @throws NetmapError `unknown-name`, `bad-value` (exit 2)
 */
export async function run({ words, flags, options, context, tools }: ConfigureInput): Promise<Result> {
  const { files } = tools;
  const catalogue = await loadCatalogue(packageRoot, files);
  const universe = await loadUniverse(packageRoot, catalogue, files);
  const here = { options, context, files, buildDir: realPath(context.cwd) };
  const wanted = await wantedOf(words, universe, here);
  if (flags.list) return showVersions(await list(wanted, here));
  const results: Fetched[] = [];
  const step = createSteps(context, options.json);
  for (const { vendor, version, patched } of wanted) {
    const one = { driver: vendor.driver, version };
    try {
      const { tree: _, ...archive } = await step(`${vendor.driver} ${version}`, (progress) =>
        obtainArchive(vendor, version, { ...fetchingOf(here), progress }),
      );
      const name = patchName(vendor, version);
      results.push({ ...one, ...archive, patch: patched.some(({ patch }) => patch === name) ? name : null });
    } catch (error) {
      if (!(error instanceof NetmapError) || error.code === 'interrupted') throw error;
      results.push({ ...one, problem: error.problem });
    }
  }
  return showFetched(results);
}

type FetchRun = Parameters<typeof fetchingOf>[0];

/** The archives that are meant: what is here of patches decides about versions that were not named. */
async function wantedOf(words: readonly string[], universe: Universe, run: FetchRun): Promise<Wanted[]> {
  const { options } = run;
  const { names, versions } = namedDrivers(words, options, universe);
  const stored = (await hasOwnPatches(run))
    ? path.join(run.buildDir, 'patches')
    : path.join(packageRoot, 'final-patches');
  const others = options.patchesFrom === undefined ? [] : [await patchesBelow(run, options.patchesFrom)];
  const wanted: Wanted[] = [];
  for (const name of names) {
    const vendor = findVendor(name);
    if (vendor === undefined) continue;
    const patched = await patchedVersions(vendor, [stored, ...others], run.files);
    const version = chooseVersion(vendor, versions.get(name), patched) ?? vendor.version;
    wanted.push({ vendor, version, patched });
  }
  return wanted;
}

async function list(wanted: readonly Wanted[], run: FetchRun): Promise<Versions[]> {
  const rows: Versions[] = [];
  for (const { vendor, version, patched } of wanted) {
    const versions = await availableVersions(vendor, version, patched, fetchingOf(run).store);
    rows.push({ driver: vendor.driver, versions });
  }
  return rows;
}
