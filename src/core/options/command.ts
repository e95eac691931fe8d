import { type ArgumentRow, type FlagRow, optionName, type Row, type SettingRow } from './row.js';

/** Combinations that mean nothing; they are refused. `[interfaces...]` is named `interfaces` here. */
export type Rule =
  | { readonly option: string; readonly excludes: readonly string[] }
  /** The option has an effect beside one of these only. */
  | { readonly option: string; readonly needs: readonly string[] }
  /** Beside this word of the argument only these have an effect. */
  | { readonly word: string; readonly allows: readonly string[] };

/** A command: help, manual, completion, documents, parsing and validation are made from this. */
export interface CommandRow<F> {
  readonly name: string;
  readonly what: string;
  readonly argument?: ArgumentRow;
  readonly settings: readonly SettingRow[];
  readonly flags: readonly FlagRow<F>[];
  readonly rules?: readonly Rule[];
  /** Settings of configuration files hold for this command. */
  readonly readsFiles?: true;
}

export interface ProgramRow<F> {
  readonly name: string;
  readonly what: string;
  /** Section of the manual. */
  readonly section: 1 | 8;
  /** Ends the help text. */
  readonly epilogue: string;
  /** What runs when no command is named: one of `commands`, or one that has no name on the command line. */
  readonly main: CommandRow<F>;
  readonly commands: readonly CommandRow<F>[];
  readonly noFlags: () => F;
}

export function optionsOf<F>({ settings, flags }: CommandRow<F>): Row[] {
  return [...flags, ...settings];
}

export function findOption<F>(command: CommandRow<F>, name: string): Row | undefined {
  return optionsOf(command).find((row) => optionName(row) === name);
}

/** `load [options] [interfaces...]`. */
export function usageOf<F>(command: CommandRow<F>): string {
  const options = optionsOf(command).length === 0 ? [] : ['[options]'];
  const argument = command.argument === undefined ? [] : [command.argument.form];
  return [command.name, ...options, ...argument].join(' ');
}
