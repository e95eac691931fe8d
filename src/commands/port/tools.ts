import type { Tools } from '../../core/tools.js';

/** What the commands of `netmap-port-driver` work with. */
export interface PortTools extends Tools {
  /** One line of the result. */
  readonly print: (line: string) => void;
}
