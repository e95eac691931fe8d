import os from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import type { CliContext } from '../../core/context.js';
import type { EffectiveOptions } from '../../core/options/step.js';

/** `netmap-configure uninstall`: takes away what make install put there, by the lists that it wrote. */
export function uninstallCommand(program: Command, context: CliContext, effective: EffectiveOptions): void {
  program
    .command('uninstall')
    .description(
      'remove what make install put below --prefix, --destdir and --install-mod-path; files changed since are kept, status 1',
    )
    .option('--force', 'remove changed files as well, and files of modules that are loaded')
    .action(async (flags: { force?: true }) => {
      const options = await effective();
      const [{ planUninstall, renderUninstall, uninstall }, { createRunner }, { realFiles }] =
        await Promise.all([
          import('../../machine/install/uninstall.js'),
          import('../../core/runner.js'),
          import('../../core/files.js'),
        ]);
      const absolute = (place: string) => (place === '' ? '' : path.resolve(context.cwd, place));
      const force = flags.force === true;
      const plan = await planUninstall(
        {
          prefix: options.prefix,
          destdir: absolute(options.destdir),
          installModPath: absolute(options.installModPath),
          force,
          runningRelease: os.release(),
        },
        realFiles,
      );
      const tools = { files: realFiles, runner: createRunner(context.signal) };
      const result = options.dryRun ? undefined : await uninstall(plan, force, tools);
      const document = { dryRun: options.dryRun, ...plan, ...result };
      context.out(options.json ? `${JSON.stringify(document, null, 2)}\n` : renderUninstall(plan, result));
      process.exitCode = result !== undefined && result.kept.length > 0 ? 1 : 0;
    });
}
