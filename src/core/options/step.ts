import type { SettingRow } from './row.js';

/** One setting that was given, in the order given. */
export interface Step {
  readonly row: SettingRow;
  readonly value: string | undefined;
  /** `command line`, or the file that said so. */
  readonly origin: string;
}
