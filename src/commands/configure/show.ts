import os from 'node:os';
import path from 'node:path';
import type { BuildFolderPlan } from '../../build/apply.js';
import { renderDriversMak } from '../../build/render.js';
import type { BuildSettings } from '../../build/settings.js';
import { exitCodes, toProblem } from '../../core/errors.js';
import type { ConfigureOptions } from '../../core/options/options.js';
import type { Result } from '../../core/options/result.js';
import { realPath } from '../../core/paths.js';
import { errorBox } from '../../core/terminal/boxes.js';
import type { Run } from './configure-run.js';
import type { Outcome } from './outcome.js';
import { printSet, renderReport, renderSummary } from './report.js';

/** Names of a set. */
export function showSet(options: ConfigureOptions, set: NonNullable<ConfigureOptions['show']>): Result {
  const names = { drivers: options.drivers, 'ext-drivers': options.externalDrivers, apps: options.apps }[set];
  return { status: exitCodes.ok, json: [...names].reverse(), text: `${printSet(names)}\n` };
}

/** What the run found, decided and wrote. */
export function showOutcome(
  { buildDir, options, paint }: Pick<Run, 'buildDir' | 'options' | 'paint'>,
  outcome: Outcome,
  settings: BuildSettings,
  plan: BuildFolderPlan,
): Result {
  const names = [...plan.links.map(({ link }) => link), ...plan.files.map(({ file }) => file)];
  const driversMak = settings.drivers.length === 0 ? undefined : renderDriversMak(settings.drivers);
  const dropped = outcome.drivers.some(({ result }) => result === 'dropped');
  return {
    status: outcome.exitCode,
    json: { ...outcome, ...(options.dryRun ? { plan } : {}) },
    text: [
      options.dryRun
        ? `Nothing was written. A real run would write into ${buildDir}:\n  ${names.join('\n  ')}\n\n`
        : '',
      reportOf(outcome, driversMak),
      dropped ? `\n${renderSummary(outcome.drivers, paint)}` : '',
    ].join(''),
  };
}

function reportOf(outcome: Outcome, driversMak: string | undefined): string {
  const { kernel } = outcome;
  const native = outcome.drivers.filter(({ result }) => result === 'native').map(({ driver }) => driver);
  return renderReport({
    kernelDir: kernel.dir,
    kernelDirReal: realPath(kernel.dir),
    ...(kernel.sources === null ? {} : { sources: kernel.sources, sourcesReal: realPath(kernel.sources) }),
    version: { hex: kernel.hex, dotted: kernel.version },
    modName: outcome.module.replace(/\.ko$/, ''),
    subsystems: outcome.subsystems,
    apps: outcome.apps,
    drivers: [...native].reverse(),
    ...(driversMak === undefined ? {} : { driversMak }),
  });
}

/**
 * What stopped the run, as the classic box, which config.log gets too; removes what an interrupted probe run left.
 *
 * @throws the error when it is an interruption, of which there is nothing to tell
 */
export async function showError(run: Run, error: unknown): Promise<Result> {
  const { options, paint } = run;
  const problem = toProblem(error);
  if (problem.code === 'interrupted') {
    if (!options.dryRun) await run.files.remove(path.join(run.buildDir, 'netmap-tmpdir'));
    throw error;
  }
  const { what, why, mend, logFile, exitCode } = problem;
  const lines = [
    what,
    ...(why === undefined ? [] : [why]),
    ...(mend === undefined ? [] : [`to do: ${mend}`]),
    ...(logFile === undefined ? [] : [`log: ${logFile}`]),
  ];
  const report = knownSoFar(run);
  if (!options.dryRun) await run.log.append(errorBox(lines, report)).catch(() => undefined);
  const text = errorBox(lines, report, paint);
  return { status: exitCode ?? exitCodes.failure, json: { error: problem }, text };
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
