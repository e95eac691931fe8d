import os from 'node:os';
import path from 'node:path';
import type { BuildFolderPlan } from '../../build/apply.js';
import { renderDriversMak } from '../../build/render.js';
import type { BuildSettings } from '../../build/settings.js';
import { toProblem } from '../../core/errors.js';
import { realPath } from '../../core/paths.js';
import { errorBox, shownErrors } from '../../core/terminal/boxes.js';
import type { Run } from './configure-run.js';
import type { Outcome } from './outcome.js';
import { renderReport, renderSummary } from './report.js';

export async function present(
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
  if (dropped) context.out(`\n${renderSummary(outcome.drivers, run.paint)}`);
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
 * Shows what stopped the run as the classic box, on the console and in config.log, and removes what an
 * interrupted probe run left. With --json the error document is all there is.
 */
export async function showError(run: Run, error: unknown): Promise<void> {
  const { options, context } = run;
  const problem = toProblem(error);
  if (problem.code === 'interrupted') {
    if (!options.dryRun) await run.files.remove(path.join(run.buildDir, 'netmap-tmpdir'));
    return;
  }
  const { what, why, mend, logFile } = problem;
  const lines = [
    what,
    ...(why === undefined ? [] : [why]),
    ...(mend === undefined ? [] : [`to do: ${mend}`]),
    ...(logFile === undefined ? [] : [`log: ${logFile}`]),
  ];
  const report = knownSoFar(run);
  if (!options.json) {
    context.out(errorBox(lines, report, run.paint));
    shownErrors.add(error);
  }
  if (!options.dryRun) await run.log.append(errorBox(lines, report)).catch(() => undefined);
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
