import type { CliContext } from '../../core/context.js';
import { realFiles } from '../../core/files.js';
import { createRunner } from '../../core/runner.js';

/**
 * Tools that go on when the terminal goes: the connection that a user works over may run through the NIC. Ctrl-C in the
 * middle would leave a machine without network, so what has begun is finished or undone.
 */
export function steadyTools(context: CliContext, quiet: boolean) {
  process.on('SIGHUP', () => undefined);
  const progress = (line: string) => {
    if (!quiet) context.err(`  ${line}\n`);
  };
  return { runner: createRunner(), files: realFiles, progress };
}
