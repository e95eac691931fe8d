import { type CommandRow, optionsOf, type ProgramRow } from '../../core/options/command.js';
import type { Universe } from '../../core/options/options.js';
import { optionName, type Row, type Takes, takes, type Values } from '../../core/options/row.js';

/** Words that are known now, or what the shell asks the machine when the key is pressed. */
export type Offer = readonly string[] | 'interfaces' | 'kernels';

/** An option as every shell offers it. */
export interface Word {
  readonly name: string;
  readonly what: string;
  readonly takes: Takes;
  readonly offer: Offer;
}

/** A command with its options and what its argument may be. */
export interface CommandWords {
  readonly name: string;
  readonly what: string;
  readonly options: readonly Word[];
  readonly argument: Offer | 'files';
}

/** What a completion script is made of; plain data, so that every shell offers the same. */
export interface Words {
  readonly program: string;
  /** Without a command. */
  readonly main: CommandWords;
  readonly commands: readonly CommandWords[];
}

const HELP: Word = { name: 'help', what: 'print a summary', takes: 'nothing', offer: [] };
const VERSION: Word = { name: 'version', what: 'print the version', takes: 'nothing', offer: [] };

export function wordsOf<F>(table: ProgramRow<F>, universe: Universe): Words {
  const names = table.commands.map(({ name }) => name);
  const sets = { drivers: universe.drivers, external: universe.externalDrivers, apps: universe.apps };
  const offerOf = (values: Values | undefined): Offer => {
    if (values === undefined) return [];
    if (typeof values === 'object' || values === 'interfaces' || values === 'kernels') return values;
    return values === 'commands' ? names : sets[values];
  };
  const wordOf = (row: Row): Word => ({
    name: optionName(row),
    what: row.what,
    takes: takes(row),
    offer: offerOf(row.values),
  });
  const commandOf = (command: CommandRow<F>): CommandWords => ({
    name: command.name,
    what: command.what,
    options: [...optionsOf(command).map(wordOf), HELP],
    argument:
      command.argument !== undefined && command.argument.values === undefined
        ? 'files'
        : offerOf(command.argument?.values),
  });
  const main = commandOf(table.main);
  return {
    program: table.name,
    main: { ...main, options: [...main.options, VERSION] },
    commands: table.commands.map(commandOf),
  };
}
