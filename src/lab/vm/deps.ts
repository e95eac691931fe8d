import type { Files } from '../../core/files.js';
import type { Runner } from '../../core/runner.js';

/** What everything in this room needs from outside; `signal` aborts waits and kills QEMU. */
export interface VmDeps {
  readonly runner: Runner;
  readonly files: Files;
  readonly signal?: AbortSignal;
  /** One line of progress for a person ("fetching linux-image-..."). */
  readonly progress?: (line: string) => void;
}
