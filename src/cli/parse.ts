import { Argument, Command, CommanderError, Option } from 'commander';
import { exitCodes, NetmapError } from '../core/errors.js';
import { type CommandRow, optionsOf, type ProgramRow } from '../core/options/command.js';
import { type FlagRow, optionName, type Row, type SettingRow } from '../core/options/row.js';
import type { Step } from '../core/options/step.js';
import { nearest } from '../core/terminal/nearest.js';
import { brokenRule } from './rules.js';

/** A command line that was understood. */
export interface Invocation<F> {
  readonly command: CommandRow<F>;
  readonly words: readonly string[];
  readonly flags: F;
  /** Settings, from left to right. */
  readonly steps: readonly Step[];
}

/** Where help goes, and what it looks like. */
export interface HelpOutput {
  readonly version: string;
  readonly out: (text: string) => void;
  readonly title?: (text: string) => string;
}

/** Stands for the value of `--no-drivers` and its like when they have none. */
const WITHOUT_VALUE = '\0';

/** A value stands behind `=` only: the word after `--no-drivers` is never its value. */
function withoutValue<F>(table: ProgramRow<F>): (word: string) => string {
  const optional = new Set(
    [table.main, ...table.commands]
      .flatMap((command) => optionsOf(command))
      .filter(({ flags }) => flags.includes('['))
      .map((row) => `--${optionName(row)}`),
  );
  return (word) => (optional.has(word) ? `${word}=${WITHOUT_VALUE}` : word);
}

interface Program<F> {
  readonly commander: Command;
  readonly byName: ReadonlyMap<string, Command>;
  readonly found: { invocation?: Invocation<F> };
}

/**
 * Reads a command line. Resolves to nothing when help or the version was printed.
 *
 * @throws NetmapError `usage` (exit 2), also for options and words that have no effect on the command; `bad-value`
 */
export function parse<F>(
  table: ProgramRow<F>,
  args: readonly string[],
  help: HelpOutput,
): Invocation<F> | undefined {
  const { commander, byName, found } = createProgram(table, help);
  try {
    commander.parse(args.map(withoutValue(table)), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    throw error;
  }
  const { invocation } = found;
  if (invocation?.command.name !== 'help') return invocation;
  const [about] = invocation.words;
  const described = about === undefined ? commander : byName.get(about);
  if (described === undefined) throw strayWord(about ?? '', table);
  described.outputHelp();
  return undefined;
}

function createProgram<F>(table: ProgramRow<F>, help: HelpOutput): Program<F> {
  const found: { invocation?: Invocation<F> } = {};
  const flags = table.noFlags();
  const steps: Step[] = [];
  const given: Row[] = [];
  const commander = new Command(table.name)
    .description(table.what)
    .version(help.version, '--version', 'print the version of this package, and stop')
    .helpOption('-h, --help', 'print this summary, and stop')
    .addHelpText('after', table.epilogue)
    .enablePositionalOptions()
    .helpCommand(false)
    .configureOutput({ writeOut: help.out, outputError: () => undefined });
  if (help.title !== undefined) commander.configureHelp({ styleTitle: help.title });
  const understood = (command: CommandRow<F>, words: readonly string[]) => {
    check(command, given, words, table);
    found.invocation = { command, words, flags, steps };
  };
  const addOptions = (one: Command, { settings, flags: rows }: CommandRow<F>) => {
    for (const row of rows) addFlag(one, row, (value) => row.take(flags, value), given);
    for (const row of settings) addSetting(one, row, steps, given);
  };

  const unnamed = !table.commands.includes(table.main);
  if (unnamed) {
    addOptions(commander, table.main);
    commander.allowExcessArguments(true).action(() => {
      const [stray] = commander.args;
      if (stray !== undefined) throw strayWord(stray, table);
      understood(table.main, []);
    });
  }
  commander.exitOverride((error) => refuse(error, table.main, table));
  const byName = new Map<string, Command>();
  for (const row of table.commands) {
    const one = commander
      .command(row.name, { isDefault: row === table.main })
      .description(row.what)
      .allowExcessArguments(false)
      .exitOverride((error) => refuse(error, row, table));
    if (row.argument !== undefined) one.addArgument(argumentOf(row.argument));
    addOptions(one, row);
    one.action(() => understood(row, one.args));
    byName.set(row.name, one);
  }
  return { commander, byName, found };
}

function argumentOf({ form, what, values }: NonNullable<CommandRow<unknown>['argument']>): Argument {
  const argument = new Argument(form, what);
  return typeof values === 'object' ? argument.choices([...values]) : argument;
}

function optionOf(row: Row): Option {
  const option = new Option(row.flags, row.what);
  if (row.group !== undefined) option.helpGroup(row.group);
  return row.required === undefined ? option : option.makeOptionMandatory();
}

function addFlag<F>(one: Command, row: FlagRow<F>, take: (value: string) => void, given: Row[]): void {
  one.addOption(optionOf(row));
  one.on(`option:${optionName(row)}`, (value?: string | null) => {
    given.push(row);
    take(value ?? '');
  });
}

function addSetting(one: Command, row: SettingRow, steps: Step[], given: Row[]): void {
  one.addOption(optionOf(row));
  one.on(`option:${optionName(row)}`, (value?: string | null) => {
    given.push(row);
    const text = value === null || value === WITHOUT_VALUE ? undefined : value;
    steps.push({ row, value: text, origin: 'command line' });
  });
}

/** Settings may stand in front of the command; what has no effect on it is refused. */
function check<F>(
  command: CommandRow<F>,
  given: readonly Row[],
  words: readonly string[],
  table: ProgramRow<F>,
): void {
  const taken = optionsOf(command);
  const surplus = given.find((row) => !taken.includes(row));
  if (surplus !== undefined) throw noEffect(optionName(surplus), command, table);
  const broken = brokenRule(command, { options: given.map(optionName), words });
  if (broken !== undefined) throw usage(broken, helpOf(command, table));
}

function noEffect<F>(name: string, command: CommandRow<F>, table: ProgramRow<F>): NetmapError {
  return usage(`--${name} has no effect on '${command.name}'`, `leave it out; ${helpOf(command, table)}`);
}

function helpOf<F>(command: CommandRow<F>, table: ProgramRow<F>): string {
  const named = table.commands.includes(command);
  return `${table.name} ${named ? `help ${command.name}` : '--help'} tells what it takes`;
}

/** What commander refuses, in our words. */
function refuse<F>(error: CommanderError, command: CommandRow<F>, table: ProgramRow<F>): never {
  if (error.exitCode === 0) throw error;
  const what = error.message.replace(/^error: /, '').replace(/\n.*$/s, '');
  const given = /'(--?[^'=]*)(?:=[^']*)?'/.exec(what)?.[1];
  if (error.code === 'commander.excessArguments')
    throw usage(what.replace(/\. Expected.*$/, ''), helpOf(command, table));
  if (error.code !== 'commander.unknownOption' || given === undefined)
    throw usage(what, helpOf(command, table));
  const elsewhere = [table.main, ...table.commands].find((one) =>
    optionsOf(one).some((row) => `--${optionName(row)}` === given),
  );
  if (elsewhere !== undefined && table.commands.includes(command))
    throw noEffect(given.slice(2), command, table);
  if (elsewhere !== undefined) throw usage(what, `write it behind its command: ${elsewhere.name} ${given}`);
  const close = nearest(given, [...optionsOf(command).map((row) => `--${optionName(row)}`), '--help']);
  const listed = `${table.name} --help lists all options`;
  const more = table.commands.includes(command) ? helpOf(command, table) : listed;
  throw usage(what, close === undefined ? more : `did you mean ${close}?`);
}

function strayWord<F>(word: string, table: ProgramRow<F>): NetmapError {
  const close = nearest(
    word,
    table.commands.map(({ name }) => name),
  );
  return usage(
    `unknown command '${word}'`,
    close === undefined
      ? `options are written --name=value; see ${table.name} --help`
      : `did you mean '${close}'?`,
  );
}

function usage(what: string, mend: string): NetmapError {
  return new NetmapError({ code: 'usage', what, mend, exitCode: exitCodes.usage });
}
