import type { ConfigureOptions, Universe } from './options.js';

/**
 * What values a shell offers: the names of a set, or these words. Values called <dir> and <file> are paths.
 * `interfaces` and `kernels` are those of the machine at that moment.
 */
export type Values =
  | 'drivers'
  | 'external'
  | 'apps'
  | 'interfaces'
  | 'kernels'
  | 'commands'
  | readonly string[];

/** An option as help, manual, completion and validation know it. */
export interface Row {
  /** As commander takes it: `--drivers <list>`, `--no-apps [list]`, `--include <dir...>`. */
  readonly flags: string;
  readonly what: string;
  /** Option group of the help text. */
  readonly group?: string;
  readonly values?: Values;
  readonly required?: true;
}

/** An option that configuration files may set too. Applied from left to right, once the names of all drivers are known. */
export interface SettingRow extends Row {
  readonly group: string;
  readonly apply: (options: ConfigureOptions, value: string | undefined, universe: Universe) => void;
}

/** An option of the command line alone; `F` collects those of one program. */
export interface FlagRow<F> extends Row {
  readonly take: (flags: F, value: string) => void;
}

/** Words behind the command: `[interfaces...]`. */
export interface ArgumentRow {
  readonly form: string;
  readonly what: string;
  readonly values?: Values;
}

/** `drivers` of `--drivers <list>`. */
export function optionName({ flags }: Pick<Row, 'flags'>): string {
  return flags.replace(/^--/, '').replace(/ .*$/, '');
}

/** What stands behind an option. */
export type Takes = 'nothing' | 'directory' | 'file' | 'list' | 'value';

export function takes({ flags }: Pick<Row, 'flags'>): Takes {
  if (!/[<[]/.test(flags)) return 'nothing';
  if (/<dir(\.\.\.)?>/.test(flags)) return 'directory';
  if (flags.includes('<file>')) return 'file';
  return /[<[]list[>\]]/.test(flags) ? 'list' : 'value';
}

/** `--build=<dir>`, as people write it. */
export function written({ flags }: Pick<Row, 'flags'>): string {
  return flags.replace(' <', '=<').replace(/ \[(\w+)\]/, '[=<$1>]');
}
