import type { Files } from './files.js';
import type { Runner } from './runner.js';

/**
 * The effects of the tool: everything that reaches beyond its own memory. A function asks for the part that it needs,
 * `Pick<Tools, 'files'>`; a test gives it real ones.
 */
export interface Tools {
  readonly runner: Runner;
  readonly files: Files;
  /** Aborts waits, and kills children: Ctrl-C and SIGTERM. */
  readonly signal?: AbortSignal;
  /** One line about what is being done, for a person who waits. Must not fail when its reader is gone. */
  readonly progress?: (line: string) => void;
}
