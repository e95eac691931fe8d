import os from 'node:os';
import path from 'node:path';
import { applyBuildFolder, planBuildFolder, readTemplates } from '../../build/apply.js';
import { hasOwnPatches } from '../../build/patch-folders.js';
import { checkOutside, checkPath } from '../../build/paths.js';
import { checkPrograms, compilerMachine } from '../../build/preflight.js';
import { NetmapError } from '../../core/errors.js';
import type { ConfigureInput } from '../../core/options/input.js';
import type { Result } from '../../core/options/result.js';
import { cacheDirectory, packageRoot, realPath } from '../../core/paths.js';
import { findDriver, loadCatalogue } from '../../facts/drivers/catalogue.js';
import type { DriverDecision } from '../../facts/drivers/decide.js';
import { isArchive } from '../../facts/kernel-tree/packed.js';
import { describeKernel, type KernelTree } from '../../facts/kernel-tree/tree.js';
import { ProbeCache } from '../../facts/probes/cache.js';
import { readDriverFacts } from '../../facts/probes/driver-text.js';
import { exportsSymbol, renderHeader } from '../../facts/probes/header.js';
import { type ProbeResult, probeKernel } from '../../facts/probes/run.js';
import { decideDrivers } from './configure-drivers.js';
import { begin, type Run } from './configure-run.js';
import { settingsOf } from './configure-settings.js';
import { withSources } from './configure-sources.js';
import { outcomeOf } from './outcome.js';
import { showError, showOutcome, showSet } from './show.js';

/**
 * The configure run: describes the kernel, decides about drivers, probes, writes the build folder, reports.
 *
 * @throws NetmapError for what stops it before it has a build folder to tell of
 */
export async function run({ options, args, context, tools }: ConfigureInput): Promise<Result> {
  if (options.show !== undefined) return showSet(options, options.show);
  const catalogue = await loadCatalogue(packageRoot, tools.files);
  const run = await begin(options, args, catalogue, tools, context);
  try {
    return await stages(run);
  } catch (error) {
    return await showError(run, error);
  }
}

const COMPILING = ['Now running compile tests to adapt the code to your', 'kernel version. Please wait.'];

async function stages(run: Run): Promise<Result> {
  const { options, files } = run;
  await checkPrograms(run.runner);
  const apps = await usableApps(run);
  const kernel = await describe(run);
  await run.say('NOTE', ['Running some preliminary tests to customize the build environment.']);
  const decisions = await decideDrivers(run, kernel);
  refuseWarnings(run);
  if (!options.dryRun) await run.say('NOTE', COMPILING);
  const probes = options.dryRun ? undefined : await probe(run, kernel);
  const settings = await settingsOf(run, kernel, decisions, apps, probes?.warnings ?? []);
  const header = probes === undefined ? '' : await headerOf(run, kernel, probes, decisions);
  const userPatches = await hasOwnPatches(run);
  const plan = planBuildFolder(settings, header, await readTemplates(packageRoot, files), userPatches);
  if (!options.dryRun) await applyBuildFolder(plan, run.buildDir, files, run.context.signal);
  const outcome = outcomeOf(options, kernel, decisions, probes, { ...run, apps });
  return showOutcome(run, outcome, settings, plan);
}

/** With --strict nothing is written when there was a warning. */
function refuseWarnings({ options, warnings }: Run): void {
  if (!options.strict || warnings.length === 0) return;
  throw new NetmapError({
    code: 'strict',
    what: `${warnings.length === 1 ? 'a warning is an error' : `${warnings.length} warnings are errors`} (--strict)`,
    why: warnings.join('\n'),
    mend: 'do what the warnings say, or configure without --strict',
  });
}

/** dedup is x86 assembly: it is left out for every other machine, saying so. */
async function usableApps(run: Run): Promise<string[]> {
  const { apps, cc } = run.options;
  if (!apps.includes('dedup')) return apps;
  const { machine, why } = await compilerMachine(cc, run.runner);
  if (machine?.split('-')[0] === 'x86_64') return apps;
  await run.say('WARNING', [
    `dedup is left out: ${why ?? `${cc} makes code for ${machine}, not for x86_64`}`,
  ]);
  return apps.filter((app) => app !== 'dedup');
}

/** The kernel with its sources, unpacked or fetched where the run needs and may do so. */
async function describe(run: Run): Promise<KernelTree> {
  const { kernelSources } = run.options;
  const packed = kernelSources !== undefined && isArchive(kernelSources);
  const described = await describeNamed(run, packed ? undefined : kernelSources);
  const kernel = await withSources(run, described, packed ? kernelSources : undefined);
  if (kernel.sourceDir !== undefined) {
    checkPath('kernel sources directory', kernel.sourceDir);
    checkOutside(run.buildDir, realPath(kernel.sourceDir), 'the kernel sources');
  }
  return kernel;
}

async function describeNamed(run: Run, sources: string | undefined): Promise<KernelTree> {
  const { options, context } = run;
  const kernel = await describeKernel(
    {
      ...(options.kernelDir === undefined ? {} : { kernelDir: options.kernelDir }),
      ...(sources === undefined ? {} : { kernelSources: sources }),
      ...(options.kernelVersion === undefined ? {} : { kernelVersion: options.kernelVersion }),
      runningRelease: os.release(),
      env: context.env,
      cwd: run.buildDir,
    },
    run.files,
  );
  checkPath('kernel directory', kernel.buildDir);
  checkOutside(run.buildDir, realPath(kernel.buildDir), 'the kernel build directory');
  if (kernel.symversPath === undefined) {
    await run.say('WARNING', [
      `${kernel.buildDir} has no Module.symvers: modules may be refused when they are loaded`,
    ]);
  }
  return kernel;
}

async function probe(run: Run, kernel: KernelTree): Promise<ProbeResult> {
  const result = await probeKernel(
    {
      kernel,
      kernelOpts: run.options.kernelOpts,
      directory: path.join(run.buildDir, 'netmap-tmpdir'),
      packageRoot,
      logFile: run.log.file,
    },
    new ProbeCache(
      run.options.cache === undefined
        ? cacheDirectory(run.context.env)
        : path.resolve(run.buildDir, run.options.cache),
      run.files,
    ),
    run.runner,
    run.files,
  );
  const answers = result.answers.map(
    ({ probe: { id }, yes, output }) => `${id}: ${yes ? 'yes' : `no\n${output}`}`,
  );
  await run.log.append(
    `answers ${result.cached ? 'from the cache' : 'from the compiler'}:\n${answers.join('\n')}\n`,
  );
  return result;
}

async function headerOf(
  run: Run,
  kernel: KernelTree,
  probes: ProbeResult,
  decisions: readonly DriverDecision[],
): Promise<string> {
  const placeOf = (name: string) =>
    kernel.sourceDir && path.join(kernel.sourceDir, findDriver(name, run.catalogue)?.path ?? '');
  const symvers = kernel.symversPath === undefined ? '' : ((await run.files.read(kernel.symversPath)) ?? '');
  return renderHeader(probes.answers, {
    splitPage: exportsSymbol(symvers, 'split_page'),
    dmasync: run.options.dmasync,
    driverSuffix: run.options.driverSuffix,
    drivers: await readDriverFacts(decisions, placeOf, run.files),
  });
}
