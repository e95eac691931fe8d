import path from 'node:path';
import { hasOwnPatches, patchesBelow } from '../../build/patch-folders.js';
import { defined } from '../../core/defined.js';
import { NetmapError } from '../../core/errors.js';
import { packageRoot } from '../../core/paths.js';
import { type DriverEntry, findDriver } from '../../facts/drivers/catalogue.js';
import { builtInAdvice, type DriverDecision, decideDriver } from '../../facts/drivers/decide.js';
import { gatherFacts, type PatchOrigins } from '../../facts/drivers/facts.js';
import { type DriverOverrides, readOverrides } from '../../facts/drivers/overrides.js';
import type { RulesOutcome } from '../../facts/drivers/rules-outcome.js';
import type { KernelTree } from '../../facts/kernel-tree/tree.js';
import type { Run } from './configure-run.js';

export async function decideDrivers(run: Run, kernel: KernelTree): Promise<DriverDecision[]> {
  const { options, files } = run;
  const overrides = await readOverrides(run.buildDir, options, run.runner, files);
  const own = (await hasOwnPatches(run)) ? path.join(run.buildDir, 'patches') : undefined;
  const others = options.patchesFrom === undefined ? undefined : await patchesBelow(run, options.patchesFrom);
  const patches: PatchOrigins = {
    stored: own ?? path.join(packageRoot, 'final-patches'),
    ...(others === undefined ? {} : { others }),
    ...(options.storedPatchesOnly ? {} : { byRules: (entry, sources) => byRules(run, entry, sources) }),
  };
  const decisions: DriverDecision[] = [];
  for (const name of [...options.drivers].reverse()) {
    const entry = defined(findDriver(name, run.catalogue));
    const own = overrides.get(name) ?? {};
    const decision =
      (await decideVendor(run, kernel, entry, own, patches)) ??
      decideDriver(await gatherFacts(entry, kernel, patches, own, files), {
        named: options.driversNamed,
        driverSuffix: options.driverSuffix,
        generic: options.subsystems.includes('generic'),
        kernel: kernel.version.dotted,
        hex: kernel.version.hex,
      });
    decisions.push(decision);
    if (options.driversNamed || decision.result === 'native') await warnAbout(run, decision, entry);
    if (decision.result === 'dropped' && options.failOnDriverErrors) throw driverError(decision);
  }
  await warnAboutVersions(run);
  await warnAboutDefaults(run, decisions);
  return decisions;
}

/** A driver of the external set is taken from its vendor where there is a patch for that; the code loads only then. */
async function decideVendor(
  run: Run,
  kernel: KernelTree,
  entry: DriverEntry,
  overrides: DriverOverrides,
  patches: PatchOrigins,
): Promise<DriverDecision | undefined> {
  if (!run.options.externalDrivers.includes(entry.name)) return undefined;
  const { decideExternal } = await import('./configure-external.js');
  return decideExternal(run, kernel, entry, overrides, patches);
}

/** Loaded only when no stored patch fits: placing hooks brings in a C tokenizer. */
async function byRules(run: Run, entry: DriverEntry, sources: string): Promise<RulesOutcome | undefined> {
  const { tryRules } = await import('./rules.js');
  return tryRules(entry, sources, packageRoot, run);
}

async function warnAbout(run: Run, decision: DriverDecision, entry: DriverEntry): Promise<void> {
  if (decision.code === 'patch-by-rules') {
    await run.say('NOTE', [
      `'${decision.driver}': ${decision.reason}`,
      'to do: test it before you rely on it, or configure with --stored-patches-only to do without',
    ]);
  }
  if (decision.result === 'dropped') {
    await run.say('WARNING', [`'${decision.driver}': ${decision.reason}`, `to do: ${decision.nextStep}`]);
  } else if (decision.builtIn && run.options.driverSuffix === '') {
    await run.say('WARNING', [
      `'${decision.driver}' is built into this kernel (${entry.kconfig}=y): the netmap module of it cannot be loaded`,
      `to do: ${builtInAdvice(entry)}`,
    ]);
  }
}

/** --select-version is for drivers of vendors; the version is written for make all the same, as config.mak may use it. */
async function warnAboutVersions(run: Run): Promise<void> {
  const { options } = run;
  for (const [driver, version] of new Map(options.versions)) {
    if (options.externalDrivers.includes(driver) && options.drivers.includes(driver)) continue;
    await run.say('WARNING', [
      `--select-version=${driver}:${version}: ${driver} is not an external driver here`,
    ]);
  }
}

/** One box, not fifteen, for drivers that the command line does not name. */
async function warnAboutDefaults(run: Run, decisions: readonly DriverDecision[]): Promise<void> {
  const dropped = decisions.filter(
    ({ result, requested }) => result === 'dropped' && requested === 'default',
  );
  if (dropped.length === 0) return;
  const served = run.options.subsystems.includes('generic')
    ? 'Their NICs work through the emulated adapter, at reduced speed.'
    : 'Their NICs cannot be used by netmap, because the emulated adapter is disabled.';
  await run.say('WARNING', [
    `No native support for ${dropped.map(({ driver }) => driver).join(' ')}`,
    served,
  ]);
}

function driverError(decision: DriverDecision): NetmapError {
  return new NetmapError({
    code: 'driver-dropped',
    what: `driver '${decision.driver}' cannot be built (--fail-on-driver-errors)`,
    why: decision.reason,
    mend: decision.nextStep,
  });
}
