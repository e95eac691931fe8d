import type { OptionRow } from './option-table.js';
import type { ConfigureOptions } from './options.js';

/** One option of the command line, in the order given. */
export interface Step {
  readonly row: OptionRow;
  readonly value: string | undefined;
  /** `command line`, or the file that said so. */
  readonly origin: string;
}

/** The options of the option table for this run: from configuration files and the command line. */
export type EffectiveOptions = () => Promise<ConfigureOptions>;
