import path from 'node:path';
import { checkBuildFolder, checkOutside, checkPath } from '../../build/paths.js';
import { renderStatus } from '../../build/render.js';
import type { CliContext } from '../../core/context.js';
import type { Files } from '../../core/files.js';
import type { ConfigureOptions } from '../../core/options/options.js';
import { packageRoot, realPath } from '../../core/paths.js';
import type { Runner } from '../../core/runner.js';
import { box } from '../../core/terminal/boxes.js';
import { type Paint, painter } from '../../core/terminal/color.js';
import type { Tools } from '../../core/tools.js';
import type { DriverEntry } from '../../facts/drivers/catalogue.js';
import { ConfigLog } from './log.js';

/** What the stages of one run share. */
export interface Run {
  readonly options: ConfigureOptions;
  readonly context: CliContext;
  readonly buildDir: string;
  readonly commandLine: readonly string[];
  readonly catalogue: readonly DriverEntry[];
  readonly files: Files;
  readonly runner: Runner;
  readonly log: ConfigLog;
  readonly warnings: string[];
  readonly paint: Paint;
  /** Prints a box and logs it; silent with --json. */
  say(title: 'NOTE' | 'WARNING', lines: readonly string[]): Promise<void>;
}

export async function begin(
  options: ConfigureOptions,
  args: readonly string[],
  catalogue: readonly DriverEntry[],
  { files, runner }: Tools,
  context: CliContext,
): Promise<Run> {
  const buildDir = realPath(context.cwd);
  checkPath('build folder', buildDir);
  checkPath('folder of this package', packageRoot);
  checkBuildFolder(buildDir, packageRoot);
  for (const [what, file] of userPaths(options)) checkPath(what, file);
  await checkNotInKernel(buildDir, options, files);
  const log = new ConfigLog(buildDir, files);
  const commandLine = [path.join(packageRoot, 'bin/netmap-configure.js'), ...args];
  const paint = painter(options.color, context);
  const run: Run = {
    options,
    context,
    buildDir,
    commandLine,
    catalogue,
    files,
    runner,
    log,
    warnings: [],
    paint,
    async say(title, lines) {
      if (title === 'WARNING') run.warnings.push(lines.join('; '));
      if (!options.json) context.out(box(title, lines, paint));
      if (!options.dryRun) await log.append(box(title, lines));
    },
  };
  if (!options.dryRun) await log.create(renderStatus(commandLine));
  for (const note of options.notes) await run.say('NOTE', [note]);
  return run;
}

/** Before anything is written: kernel directories that were named are not to be littered, not even by a log. */
async function checkNotInKernel(buildDir: string, options: ConfigureOptions, files: Files): Promise<void> {
  for (const named of [options.kernelDir, options.kernelSources]) {
    if (named === undefined) continue;
    const real = await files.realpath(path.resolve(buildDir, named)).catch(() => undefined);
    if (real !== undefined) checkOutside(buildDir, real, 'the kernel');
  }
}

function userPaths(options: ConfigureOptions): [string, string][] {
  return [
    ['kernel directory', options.kernelDir ?? ''],
    ['kernel sources directory', options.kernelSources ?? ''],
    ['install-mod-path', options.installModPath],
    ['patches-from', options.patchesFrom ?? ''],
    ['cache folder', options.cache ?? ''],
    ['folder with archives', options.extDriversDir ?? ''],
    ['prefix', options.prefix],
    ['destdir', options.destdir],
  ];
}
