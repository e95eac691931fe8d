import path from 'node:path';
import { fetchingOf } from '../../build/fetching.js';
import { NetmapError, type Problem } from '../../core/errors.js';
import { createSteps } from '../../core/terminal/progress.js';
import type { DriverEntry } from '../../facts/drivers/catalogue.js';
import {
  builtInAdvice,
  type DriverDecision,
  type DroppedDriver,
  type PatchedDriver,
} from '../../facts/drivers/decide.js';
import type { PatchOrigins } from '../../facts/drivers/facts.js';
import type { DriverOverrides } from '../../facts/drivers/overrides.js';
import { addressesOf, obtainArchive, userPlace } from '../../facts/external/fetch.js';
import { sourceCommand } from '../../facts/external/makefile.js';
import { type Archive, archiveHere } from '../../facts/external/store.js';
import { findVendor, patchName, type Vendor } from '../../facts/external/vendors.js';
import {
  chooseVersion,
  type PatchedVersion,
  patchedVersions,
  patchOfVersion,
} from '../../facts/external/versions.js';
import type { KernelTree } from '../../facts/kernel-tree/tree.js';
import { pristine } from '../../facts/patches/choose.js';
import { checkFit, describeRejected } from '../../facts/patches/fit.js';
import type { Run } from './configure-run.js';

/** What is known about one vendor's driver when its archive is looked for. */
interface Case {
  readonly vendor: Vendor;
  readonly version: string;
  /** The user named this version: nothing else will do. */
  readonly asked: boolean;
  readonly base: Pick<DriverDecision, 'driver' | 'requested' | 'builtIn'>;
  /** Value of `driver@patch`. */
  readonly patch: string;
  /** The patch chosen by version; undefined for one of the user's own. */
  readonly stored?: PatchedVersion;
  readonly patchesFrom?: string;
  readonly conf: string;
  readonly module: string;
  readonly advice: string;
}

/**
 * Decides about a driver of the external set. Fetches its archive when it is not here, and tries the patch on it.
 *
 * @returns undefined when the driver is to be taken from the kernel sources: no patch is here for any version, or the
 *   version that was not asked for cannot be had
 */
export async function decideExternal(
  run: Run,
  kernel: KernelTree,
  entry: DriverEntry,
  overrides: DriverOverrides,
  origins: PatchOrigins,
): Promise<DriverDecision | undefined> {
  const vendor = findVendor(entry.name);
  if (vendor === undefined) return undefined;
  const { options } = run;
  const conf = overrides.conf ?? entry.kconfig;
  const base = {
    driver: entry.name,
    requested: options.driversNamed ? ('named' as const) : ('default' as const),
    builtIn: kernel.config.get(conf) === 'y',
  };
  const selected = options.versions.filter(([driver]) => driver === entry.name).at(-1)?.[1];
  const asked = overrides.v || selected;
  const others = origins.others === undefined ? [] : [origins.others];
  const patched = await patchedVersions(vendor, [origins.stored, ...others], run.files);
  const version = overrides.patch ? (asked ?? vendor.version) : chooseVersion(vendor, asked, patched);
  if (version === undefined) return undefined;
  const stored = overrides.patch ? undefined : patchOfVersion(vendor, version, patched);
  if (!overrides.patch && stored === undefined) return withoutPatch(vendor, version, patched, base);
  const fromOthers = stored !== undefined && stored.directory === origins.others;
  const facts: Case = {
    vendor,
    version,
    asked: asked !== undefined || Boolean(overrides.patch),
    base,
    patch:
      overrides.patch ||
      (fromOthers ? path.join(stored.directory, stored.patch) : `patches/${stored?.patch}`),
    ...(stored === undefined ? {} : { stored }),
    ...(fromOthers ? { patchesFrom: stored.directory } : {}),
    conf,
    module: entry.module,
    advice: base.builtIn && options.driverSuffix === '' ? builtInAdvice(entry) : 'make',
  };
  if (overrides.src)
    return native(facts, overrides.src, undefined, 'config.mak says where its sources come from');
  return withArchive(run, facts, overrides);
}

function withoutPatch(
  vendor: Vendor,
  version: string,
  patched: readonly PatchedVersion[],
  base: Case['base'],
): DriverDecision {
  const known = patched.map((row) => row.version).join(' ');
  return {
    ...base,
    result: 'dropped',
    code: 'vendor-patch-missing',
    reason: `there is no netmap patch ${patchName(vendor, version)}; ${known === '' ? 'none for any version of this driver is here' : `versions with a patch: ${known}`}`,
    nextStep:
      known === ''
        ? `name a netmap checkout that has it: --patches-from=DIR; or --no-ext-drivers=${vendor.driver}, which takes the kernel's own`
        : `--select-version=${vendor.driver}:${patched[0]?.version}, or --no-ext-drivers=${vendor.driver}`,
  };
}

async function withArchive(
  run: Run,
  facts: Case,
  overrides: DriverOverrides,
): Promise<DriverDecision | undefined> {
  const { vendor, version } = facts;
  let archive: Archive | undefined;
  try {
    archive = await obtain(run, facts, overrides);
  } catch (error) {
    return failed(run, facts, error);
  }
  if (archive === undefined) {
    const src = sourceCommand(vendor, version, 'FETCHED');
    return native(
      facts,
      src,
      undefined,
      `${vendor.driver} ${version} would be fetched; whether its patch fits is seen then`,
    );
  }
  const { file, sha256, tree } = archive;
  const rejected = facts.stored && (await rejection(run, vendor, facts.stored, tree));
  if (rejected !== undefined) {
    const reason = `${facts.stored?.patch} does not fit ${file}: ${rejected}`;
    return unusable(
      run,
      facts,
      'vendor-patch-does-not-fit',
      reason,
      'get the unchanged archive of that version',
    );
  }
  const why =
    facts.stored === undefined ? `${facts.patch} was chosen in config.mak` : `${facts.stored.patch} fits`;
  const src = sourceCommand(vendor, version, tree);
  return native(facts, src, { archive: file, sha256, tree }, `version ${version} of its vendor: ${why}`);
}

/** The archive; undefined in a dry run that would have to fetch it. */
async function obtain(run: Run, facts: Case, overrides: DriverOverrides): Promise<Archive | undefined> {
  const { vendor, version } = facts;
  const { options, context } = run;
  const fetching = fetchingOf(run);
  const here = await archiveHere(vendor, version, fetching.store);
  if (here !== undefined) return here;
  if (options.dryRun && !options.offline) return undefined;
  const place = userPlace(vendor, version, fetching);
  if (overrides.fetch) {
    await run.say('NOTE', [`Fetching ${vendor.driver} ${version}: ${overrides.fetch}`]);
    await run.runner.run({
      file: 'sh',
      args: ['-c', overrides.fetch],
      cwd: run.buildDir,
      failure: OWN_FETCH,
    });
    return obtainArchive(vendor, version, { ...fetching, offline: true });
  }
  if (!options.offline) {
    await run.say('NOTE', [
      `Fetching ${vendor.driver} ${version}: ${addressesOf(vendor, version, fetching.mirrors).join(' ')}`,
      `If this fails, place the file at ${place}`,
    ]);
  }
  return createSteps(context, options.json)(`fetching ${vendor.driver} ${version}`, (progress) =>
    obtainArchive(vendor, version, { ...fetching, progress }),
  );
}

const OWN_FETCH = {
  code: 'fetch-failed',
  what: 'the fetch command of config.mak failed',
  mend: 'correct it, or remove it: the archive is fetched without it too',
};

/** Why the patch does not fit the unpacked archive. */
async function rejection(
  { files }: Run,
  vendor: Vendor,
  { directory, patch }: PatchedVersion,
  tree: string,
): Promise<string | undefined> {
  const text = (await files.read(path.join(directory, patch))) ?? '';
  const inTree = (file: string) => path.join(tree, vendor.below, file.slice(vendor.driver.length + 1));
  const read = await pristine(text, inTree, files);
  const own = (file: string) => (file.startsWith(`${vendor.driver}/`) ? read(file) : undefined);
  const fit = checkFit(text, own);
  return fit.fits ? undefined : describeRejected(fit.rejected);
}

async function failed(run: Run, facts: Case, error: unknown): Promise<DriverDecision | undefined> {
  if (!(error instanceof NetmapError) || error.code === 'interrupted') throw error;
  const { code, what, why, mend }: Problem = error.problem;
  const reason = why === undefined ? what : `${what}: ${why}`;
  const missing = code === 'fetch-failed' || code === 'file-system';
  return unusable(
    run,
    facts,
    missing ? 'vendor-archive-missing' : 'vendor-archive-refused',
    reason,
    mend ?? '',
  );
}

/** A version that was asked for is dropped; else the kernel's own driver takes its place, and the user is told. */
async function unusable(
  run: Run,
  { vendor, version, asked, base }: Case,
  code: DroppedDriver['code'],
  reason: string,
  nextStep: string,
): Promise<DriverDecision | undefined> {
  if (asked || run.options.failOnDriverErrors) return { ...base, result: 'dropped', code, reason, nextStep };
  await run.say('WARNING', [
    `'${vendor.driver}': version ${version} of its vendor cannot be used: ${reason}`,
    `to do: ${nextStep}`,
    'The driver of the kernel sources is tried instead.',
  ]);
  return undefined;
}

function native(
  { vendor: _, version, base, conf, module, patch, patchesFrom, advice }: Case,
  src: string,
  unpacked: { readonly archive: string; readonly sha256: string; readonly tree: string } | undefined,
  reason: string,
): PatchedDriver {
  return {
    ...base,
    result: 'native',
    code: 'patch-fits',
    reason,
    nextStep: advice,
    conf,
    src,
    patch,
    module,
    ...(patchesFrom === undefined ? {} : { patchesFrom }),
    vendor: unpacked === undefined ? { version } : { version, ...unpacked },
  };
}
