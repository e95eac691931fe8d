import { Argument, Command, CommanderError, Option } from 'commander';
import type { CliContext } from '../core/context.js';
import { exitCodes, NetmapError } from '../core/errors.js';
import { optionName, optionTable } from '../core/options/option-table.js';
import type { ConfigureOptions } from '../core/options/options.js';
import type { Step } from '../core/options/step.js';
import { nearest } from '../core/terminal/nearest.js';
import type { Subcommand } from './commands.js';

export interface ProgramParts {
  readonly version: string;
  readonly context: CliContext;
  readonly configure: (steps: readonly Step[]) => Promise<void>;
  /** `config show`: the settings that a configure run with these options would use. */
  readonly showConfig: (steps: readonly Step[]) => Promise<void>;
  readonly subcommands: readonly Subcommand[];
  /** The options that result from the steps of the command line. */
  readonly effectiveOptions: (steps: readonly Step[]) => Promise<ConfigureOptions>;
}

/** Stands for the value of `--no-drivers` and its like when they have none. */
const WITHOUT_VALUE = '\0';
const valueIsOptional = new Set(
  optionTable.filter(({ flags }) => flags.includes('[')).map((row) => `--${optionName(row)}`),
);

/** A value stands behind `=` only: the word after `--no-drivers` is never its value. */
function withoutValue(word: string): string {
  return valueIsOptional.has(word) ? `${word}=${WITHOUT_VALUE}` : word;
}

const EXAMPLE = `
Run it in a folder of your own; everything is written there. Then: make, sudo make install.

Example:
  mkdir ~/netmap && cd ~/netmap
  netmap-configure --kernel-sources=/usr/src/linux-source-6.12 --no-ext-drivers --drivers=realtek
`;

/** The whole command line. Options are applied from left to right, as the classic script did. */
export function createProgram(parts: ProgramParts): Command {
  const steps: Step[] = [];
  const program = new Command('netmap-configure')
    .description('Configure netmap and its native NIC drivers for a Linux kernel, in the current folder.')
    .version(parts.version, '--version', 'print the version of this package, and stop')
    .helpOption('-h, --help', 'print this summary, and stop')
    .addHelpText('after', EXAMPLE)
    .allowExcessArguments(true)
    .exitOverride()
    .configureOutput({
      writeOut: parts.context.out,
      writeErr: parts.context.err,
      outputError: () => undefined,
    });
  for (const row of optionTable) {
    const option = new Option(row.flags, row.what).helpGroup(row.group);
    program.addOption(option);
    program.on(`option:${option.name()}`, (value?: string | null) => {
      const given = value === null || value === WITHOUT_VALUE ? undefined : value;
      steps.push({ row, value: given, origin: 'command line' });
    });
  }
  program
    .command('config')
    .description('settings and where each comes from: netmap-configure [options] config show')
    .addArgument(new Argument('<action>').choices(['show']))
    .action(() => parts.showConfig(steps));
  for (const add of parts.subcommands) add(program, parts.context, () => parts.effectiveOptions(steps));
  program.action(async () => {
    const [stray] = program.args;
    if (stray !== undefined) throw strayWord(stray, program);
    await parts.configure(steps);
  });
  return program;
}

/**
 * Runs the program. Help and version end it with status 0.
 * @throws NetmapError `usage` (exit 2) for a wrong command line, or what the command throws.
 */
export async function runProgram(program: Command, args: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(args.map(withoutValue), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    throw usageError(error, program);
  }
}

function usageError(error: CommanderError, program: Command): NetmapError {
  const given = /'(--?[^'=]*)(?:=[^']*)?'/.exec(error.message)?.[1];
  const flags = program.options.map((option) => option.long ?? '');
  const close = error.code === 'commander.unknownOption' && given ? nearest(given, flags) : undefined;
  return usage(
    error.message.replace(/^error: /, '').replace(/\n.*$/s, ''),
    close === undefined ? 'netmap-configure --help lists all options' : `did you mean ${close}?`,
  );
}

function strayWord(word: string, program: Command): NetmapError {
  const names = program.commands.map((command) => command.name());
  const close = nearest(word, names);
  return usage(
    `unknown command '${word}'`,
    close === undefined
      ? 'options are written --name=value; see netmap-configure --help'
      : `did you mean '${close}'?`,
  );
}

function usage(what: string, mend: string): NetmapError {
  return new NetmapError({ code: 'usage', what, mend, exitCode: exitCodes.usage });
}
