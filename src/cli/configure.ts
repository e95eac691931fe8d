import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { applyBuildFolder, type BuildFolderPlan, planBuildFolder, readTemplates } from '../build/apply.js';
import { checkOutside, checkPath } from '../build/paths.js';
import { checkPrograms, compilerMachine } from '../build/preflight.js';
import { renderDriversMak, renderStatus } from '../build/render.js';
import type { BuildSettings, BuiltDriver } from '../build/settings.js';
import { type DriverEntry, findDriver, loadCatalogue } from '../drivers/catalogue.js';
import { builtInAdvice, type DriverDecision, decideDriver } from '../drivers/decide.js';
import { gatherFacts } from '../drivers/facts.js';
import { NetmapError, toProblem } from '../errors.js';
import { describeKernel, type KernelTree } from '../kernel/tree.js';
import { ProbeCache } from '../probes/cache.js';
import { exportsSymbol, renderHeader } from '../probes/header.js';
import { type ProbeResult, probeKernel } from '../probes/run.js';
import { type Files, realFiles } from '../system/files.js';
import { cacheDirectory, packageRoot } from '../system/paths.js';
import { createRunner, type Runner } from '../system/runner.js';
import { box, errorBox, shownErrors } from './boxes.js';
import type { CliContext } from './context.js';
import { ConfigLog } from './log.js';
import { type ConfigureOptions, defaultOptions } from './options.js';
import { type Outcome, outcomeOf } from './outcome.js';
import type { Step } from './program.js';
import { printSet, renderReport, renderSummary } from './report.js';
import { loadUniverse } from './universe.js';

/** What the stages of one run share. */
interface Run {
  readonly options: ConfigureOptions;
  readonly context: CliContext;
  readonly buildDir: string;
  readonly commandLine: readonly string[];
  readonly catalogue: readonly DriverEntry[];
  readonly files: Files;
  readonly runner: Runner;
  readonly log: ConfigLog;
  readonly warnings: string[];
  /** Prints a box and logs it; silent with --json. */
  say(title: 'NOTE' | 'WARNING', lines: readonly string[]): Promise<void>;
}

/**
 * The configure run: describes the kernel, decides about drivers, probes, writes the build folder, reports.
 * Resolves to the exit status. @throws NetmapError for everything that stops it.
 */
export async function configure(
  steps: readonly Step[],
  args: readonly string[],
  context: CliContext,
): Promise<number> {
  const files = realFiles;
  const catalogue = await loadCatalogue(packageRoot, files);
  const universe = await loadUniverse(packageRoot, catalogue, files);
  const options = defaultOptions(universe, context.env);
  for (const { row, value } of steps) {
    row.apply(options, value, universe);
    if (options.show !== undefined) return showSet(options, context);
  }
  const run = await begin(options, args, catalogue, files, context);
  try {
    return await stages(run);
  } catch (error) {
    await showError(run, error);
    throw error;
  }
}

function showSet(options: ConfigureOptions, context: CliContext): number {
  const sets = { drivers: options.drivers, 'ext-drivers': options.externalDrivers, apps: options.apps };
  context.out(`${printSet(sets[options.show ?? 'drivers'])}\n`);
  return 0;
}

async function begin(
  options: ConfigureOptions,
  args: readonly string[],
  catalogue: readonly DriverEntry[],
  files: Files,
  context: CliContext,
): Promise<Run> {
  const buildDir = realpathSync(context.cwd);
  checkPath('build folder', buildDir);
  checkPath('folder of this package', packageRoot);
  checkOutside(buildDir, packageRoot, 'the netmap package');
  for (const [what, file] of userPaths(options)) checkPath(what, file);
  await checkNotInKernel(buildDir, options);
  const log = new ConfigLog(buildDir);
  const commandLine = [path.join(packageRoot, 'bin/netmap-configure.js'), ...args];
  const emit = async (text: string) => {
    if (!options.json) context.out(text);
    if (!options.dryRun) await log.append(text);
  };
  const run: Run = {
    options,
    context,
    buildDir,
    commandLine,
    catalogue,
    files,
    runner: createRunner(context.signal),
    log,
    warnings: [],
    async say(title, lines) {
      if (title === 'WARNING') run.warnings.push(lines.join(' '));
      await emit(box(title, lines));
    },
  };
  if (!options.dryRun) await log.create(renderStatus(commandLine));
  for (const note of options.notes) await run.say('NOTE', [note]);
  return run;
}

/** Before anything is written: kernel directories that were named are not to be littered, not even by a log. */
async function checkNotInKernel(buildDir: string, options: ConfigureOptions): Promise<void> {
  for (const named of [options.kernelDir, options.kernelSources]) {
    if (named === undefined) continue;
    const real = await realpath(path.resolve(buildDir, named)).catch(() => undefined);
    if (real !== undefined) checkOutside(buildDir, real, 'the kernel');
  }
}

function userPaths(options: ConfigureOptions): [string, string][] {
  return [
    ['kernel directory', options.kernelDir ?? ''],
    ['kernel sources directory', options.kernelSources ?? ''],
    ['install-mod-path', options.installModPath],
    ['prefix', options.prefix],
    ['destdir', options.destdir],
  ];
}

async function stages(run: Run): Promise<number> {
  const { options, files } = run;
  await checkPrograms(run.runner);
  const apps = await usableApps(run);
  const kernel = await describe(run);
  await run.say('NOTE', ['Running some preliminary tests to customize the build environment.']);
  const decisions = await decideDrivers(run, kernel);
  await run.say('NOTE', [
    'Now running compile tests to adapt the code to your',
    'kernel version. Please wait.',
  ]);
  const probes = options.dryRun ? undefined : await probe(run, kernel);
  const settings = await settingsOf(run, kernel, decisions, apps, probes?.warnings ?? []);
  const header = probes === undefined ? '' : await headerOf(run, kernel, probes);
  const userPatches = await hasOwnPatches(run);
  const plan = planBuildFolder(settings, header, await readTemplates(packageRoot, files), userPatches);
  if (!options.dryRun) await applyBuildFolder(plan, run.buildDir, files, run.context.signal);
  const outcome = outcomeOf(options, kernel, decisions, probes, { ...run, apps });
  await present(run, outcome, settings, plan);
  return outcome.exitCode;
}

/** A `patches` directory of the user's own is used instead of the package's patches. */
async function hasOwnPatches(run: Run): Promise<boolean> {
  const own = path.join(run.buildDir, 'patches');
  return (await run.files.isDirectory(own)) && realpathSync(own) === own;
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

async function describe(run: Run): Promise<KernelTree> {
  const { options, context } = run;
  const kernel = await describeKernel(
    {
      ...(options.kernelDir === undefined ? {} : { kernelDir: options.kernelDir }),
      ...(options.kernelSources === undefined ? {} : { kernelSources: options.kernelSources }),
      ...(options.kernelVersion === undefined ? {} : { kernelVersion: options.kernelVersion }),
      runningRelease: os.release(),
      env: context.env,
      cwd: run.buildDir,
    },
    run.files,
  );
  checkPath('kernel directory', kernel.buildDir);
  checkOutside(run.buildDir, realpathSync(kernel.buildDir), 'the kernel build directory');
  if (kernel.sourceDir !== undefined) {
    checkPath('kernel sources directory', kernel.sourceDir);
    checkOutside(run.buildDir, realpathSync(kernel.sourceDir), 'the kernel sources');
  }
  if (kernel.symversPath === undefined) {
    await run.say('WARNING', [
      `${kernel.buildDir} has no Module.symvers: modules may be refused when they are loaded`,
    ]);
  }
  return kernel;
}

async function decideDrivers(run: Run, kernel: KernelTree): Promise<DriverDecision[]> {
  const { options } = run;
  const own = (await hasOwnPatches(run)) ? path.join(run.buildDir, 'patches') : undefined;
  const patches = own ?? path.join(packageRoot, 'final-patches');
  const decisions: DriverDecision[] = [];
  for (const name of [...options.drivers].reverse()) {
    const entry = findDriver(name, run.catalogue) as DriverEntry;
    const decision = decideDriver(await gatherFacts(entry, kernel, patches, run.files), {
      named: options.driversNamed,
      driverSuffix: options.driverSuffix,
      generic: options.subsystems.includes('generic'),
      kernel: kernel.version.dotted,
    });
    decisions.push(decision);
    if (options.driversNamed || decision.result === 'native') await warnAbout(run, decision, entry);
    if (decision.result === 'dropped' && options.failOnDriverErrors) throw driverError(decision);
  }
  await warnAboutDefaults(run, decisions);
  return decisions;
}

async function warnAbout(run: Run, decision: DriverDecision, entry: DriverEntry): Promise<void> {
  if (decision.result === 'dropped') {
    await run.say('WARNING', [`'${decision.driver}': ${decision.reason}`, `to do: ${decision.nextStep}`]);
  } else if (decision.builtIn && run.options.driverSuffix === '') {
    await run.say('WARNING', [
      `'${decision.driver}' is built into this kernel (${entry.kconfig}=y): the netmap module of it cannot be loaded`,
      `to do: ${builtInAdvice(entry)}`,
    ]);
  }
}

/** One box, not fifteen, for drivers that nobody asked for by name. */
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

async function probe(run: Run, kernel: KernelTree): Promise<ProbeResult> {
  const result = await probeKernel(
    {
      kernel,
      kernelOpts: run.options.kernelOpts,
      directory: path.join(run.buildDir, 'netmap-tmpdir'),
      packageRoot,
      logFile: run.log.file,
    },
    new ProbeCache(cacheDirectory(run.context.env), run.files),
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

async function headerOf(run: Run, kernel: KernelTree, probes: ProbeResult): Promise<string> {
  const symvers = kernel.symversPath === undefined ? '' : ((await run.files.read(kernel.symversPath)) ?? '');
  return renderHeader(probes.answers, {
    splitPage: exportsSymbol(symvers, 'split_page'),
    dmasync: run.options.dmasync,
    driverSuffix: run.options.driverSuffix,
  });
}

async function settingsOf(
  run: Run,
  kernel: KernelTree,
  decisions: readonly DriverDecision[],
  apps: readonly string[],
  warnings: readonly string[],
): Promise<BuildSettings> {
  const { options, files } = run;
  const built: BuiltDriver[] = [];
  for (const { driver, result, conf, src, patch, module } of decisions) {
    if (result !== 'native' || !conf || !src || !patch || !module) continue;
    const own = await files.read(path.join(run.buildDir, patch));
    const text =
      own ?? (await files.read(path.join(packageRoot, 'final-patches', path.basename(patch)))) ?? '';
    const patchDigest = createHash('sha256').update(text).digest('hex');
    built.push({ name: driver, conf, src, patch, patchDigest, module });
  }
  const bridges = [];
  for (const name of await files.list(path.join(packageRoot, 'drivers'))) {
    const folder = path.join(packageRoot, 'drivers', name);
    if (await files.exists(path.join(folder, 'manifest.json'))) bridges.push(folder);
  }
  return {
    packageRoot,
    buildDir: run.buildDir,
    modName: options.modName,
    subsystems: [...options.subsystems].reverse(),
    drivers: built,
    apps: [...apps].reverse(),
    kernel: {
      dir: kernel.buildDir,
      ...(kernel.sourceDir === undefined ? {} : { sources: kernel.sourceDir }),
      hex: kernel.version.hex,
      release: kernel.release,
      opts: options.kernelOpts,
    },
    installModPath: options.installModPath,
    driverSuffix: options.driverSuffix,
    cc: options.cc,
    ld: options.ld,
    prefix: options.prefix,
    destdir: options.destdir,
    debug: options.forceDebug,
    bridges,
    warnings,
    commandLine: run.commandLine,
  };
}

async function present(
  run: Run,
  outcome: Outcome,
  settings: BuildSettings,
  plan: BuildFolderPlan,
): Promise<void> {
  const { context, options } = run;
  if (options.json) {
    const planned = options.dryRun ? { plan } : {};
    context.out(`${JSON.stringify({ ...outcome, ...planned }, null, 2)}\n`);
    return;
  }
  if (options.dryRun) {
    const names = [...plan.links.map(({ link }) => link), ...plan.files.map(({ file }) => file)];
    context.out(
      `Nothing was written. A real run would write into ${run.buildDir}:\n  ${names.join('\n  ')}\n\n`,
    );
  }
  const driversMak = settings.drivers.length === 0 ? undefined : renderDriversMak(settings.drivers);
  context.out(reportOf(outcome, driversMak));
  const dropped = outcome.drivers.some(({ result }) => result === 'dropped');
  if (dropped) context.out(`\n${renderSummary(outcome.drivers)}`);
}

function reportOf(outcome: Outcome, driversMak: string | undefined): string {
  const { kernel } = outcome;
  const native = outcome.drivers.filter(({ result }) => result === 'native').map(({ driver }) => driver);
  return renderReport({
    kernelDir: kernel.dir,
    kernelDirReal: realpathSync(kernel.dir),
    ...(kernel.sources === null
      ? {}
      : { sources: kernel.sources, sourcesReal: realpathSync(kernel.sources) }),
    version: { hex: kernel.hex, dotted: kernel.version },
    modName: outcome.module.replace(/\.ko$/, ''),
    subsystems: outcome.subsystems,
    apps: outcome.apps,
    drivers: [...native].reverse(),
    ...(driversMak === undefined ? {} : { driversMak }),
  });
}

/**
 * Shows what stopped the run as the classic box, on the console and in config.log, and removes what an
 * interrupted probe run left. With --json the error document is all there is.
 */
async function showError(run: Run, error: unknown): Promise<void> {
  const { options, context } = run;
  const problem = toProblem(error);
  if (problem.code === 'interrupted') {
    if (!options.dryRun) await run.files.remove(path.join(run.buildDir, 'netmap-tmpdir'));
    return;
  }
  const { what, why, mend } = problem;
  const lines = [
    what,
    ...(why === undefined ? [] : [why]),
    ...(mend === undefined ? [] : [`to do: ${mend}`]),
  ];
  const text = errorBox(lines, knownSoFar(run));
  if (!options.json) {
    context.out(text);
    shownErrors.add(error);
  }
  if (!options.dryRun) await run.log.append(text).catch(() => undefined);
}

function knownSoFar({ options }: Run): string {
  return renderReport({
    kernelDir: options.kernelDir ?? `/lib/modules/${options.kernelVersion ?? os.release()}/build`,
    ...(options.kernelSources === undefined ? {} : { sources: options.kernelSources }),
    modName: options.modName,
    subsystems: options.subsystems,
    apps: options.apps,
    drivers: options.drivers,
  });
}
