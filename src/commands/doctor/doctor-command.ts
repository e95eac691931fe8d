import os from 'node:os';
import type { Command } from 'commander';
import type { CliContext } from '../../core/context.js';

interface DoctorFlags {
  fix?: true;
  undo?: true;
  build: string;
}

/** `netmap-configure doctor`: what stands in the way of netmap on this machine, each with the command that mends it. */
export function doctorCommand(program: Command, context: CliContext): void {
  program
    .command('doctor')
    .description(
      'check this machine and its interfaces before netmap is used; status 1 when there is a problem',
    )
    .argument('[interfaces...]', 'interfaces that netmap will be used on')
    .option('--build <dir>', 'build folder whose modules are going to be loaded', context.cwd)
    .option('--fix', 'apply what can be taken back')
    .option('--undo', 'take back what --fix did')
    .option('--json', 'print the result as JSON')
    .action(async (interfaces: string[], flags: DoctorFlags, command: Command) => {
      const [{ examine, fix, renderResults, shellWords, undo }, { createRunner }, { realFiles }] =
        await Promise.all([
          import('../../machine/doctor/doctor.js'),
          import('../../core/runner.js'),
          import('../../core/files.js'),
        ]);
      const { json } = command.optsWithGlobals() as { json?: true };
      const release = context.env.kernelver || os.release();
      const host = {
        runner: createRunner(context.signal),
        files: realFiles,
        release,
        interfaces,
        build: flags.build,
      };
      if (flags.undo) {
        const { done, failed } = await undo(host);
        if (json) context.out(`${JSON.stringify({ done, failed }, null, 2)}\n`);
        else for (const words of done) context.out(`done: ${shellWords(words)}\n`);
        for (const words of failed) context.err(`failed: ${shellWords(words)}\n`);
        process.exitCode = failed.length === 0 ? 0 : 1;
        return;
      }
      const found = await examine(host);
      const results = flags.fix ? await fix(found, host) : found;
      context.out(json ? `${JSON.stringify({ checks: results }, null, 2)}\n` : renderResults(results));
      const bad = results.some(({ level, fixed }) => level === 'problem' && fixed !== true);
      process.exitCode = bad ? 1 : 0;
    });
}
