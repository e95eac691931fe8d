import type { Command } from 'commander';
import type { CliContext } from '../../core/context.js';
import { type CommandRow, manMarkdown, manPage } from './man-page.js';

/** What the subcommands say about themselves. */
export function commandRows(program: Command): CommandRow[] {
  return program.commands.map((command) => ({
    usage: `${command.name()} ${command.usage()}`.trim(),
    what: command.description(),
  }));
}

/** `netmap-configure man` prints the manual page. */
export function manCommand(program: Command, context: CliContext): void {
  program
    .command('man')
    .description('print the manual page, made from the tables of options: netmap-configure man | man -l -')
    .option('--markdown', 'as Markdown')
    .action((flags: { markdown?: true }) => {
      const rows = commandRows(program);
      context.out(flags.markdown ? manMarkdown(rows) : manPage(program.version() ?? '', rows));
    });
}
