import type { CliContext } from '../context.js';
import type { Tools } from '../tools.js';
import type { Flags } from './configure-program.js';
import type { ConfigureOptions } from './options.js';
import type { PortFlags } from './port-program.js';
import type { Result } from './result.js';
import type { Step } from './step.js';

/** What a command gets. */
interface Input<F> {
  /** Words behind the command. */
  readonly words: readonly string[];
  readonly flags: F;
  /** From configuration files, where the command reads them, and from the command line. */
  readonly options: ConfigureOptions;
  readonly context: CliContext;
  readonly tools: Tools;
  /** Of this package. */
  readonly version: string;
}

export interface ConfigureInput extends Input<Flags> {
  /** Settings as the command line gives them. */
  readonly steps: readonly Step[];
  /** The command line as it is, which config.status repeats. */
  readonly args: readonly string[];
}

export type PortInput = Input<PortFlags>;

/** What `do.ts` of every command of `netmap-configure` exports as `run`. */
export type Run = (input: ConfigureInput) => Promise<Result>;

/** Likewise for `netmap-port-driver`. */
export type PortRun = (input: PortInput) => Promise<Result>;
