import { Argument, type Command } from 'commander';
import type { CliContext } from '../../core/context.js';
import { type CommandWords, completionScript, type Shell, shells } from './completion.js';

/** `netmap-configure completion SHELL` prints a script for that shell. */
export function completionCommand(program: Command, context: CliContext): void {
  program
    .command('completion')
    .description('print a completion script: source <(netmap-configure completion bash)')
    .addArgument(new Argument('<shell>').choices(shells))
    .action(async (shell: Shell) => {
      const [{ loadCatalogue }, { loadUniverse }, { realFiles }, { packageRoot }] = await Promise.all([
        import('../../facts/drivers/catalogue.js'),
        import('../../facts/drivers/universe.js'),
        import('../../core/files.js'),
        import('../../core/paths.js'),
      ]);
      const universe = await loadUniverse(
        packageRoot,
        await loadCatalogue(packageRoot, realFiles),
        realFiles,
      );
      context.out(completionScript(shell, universe, program.commands.map(commandWords)));
    });
}

function commandWords(command: Command): CommandWords {
  return {
    name: command.name(),
    words: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    options: command.options.map(({ flags, description }) => ({ flags, what: description })),
  };
}
