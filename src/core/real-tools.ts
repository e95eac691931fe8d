import type { CliContext } from './context.js';
import { realFiles } from './files.js';
import { createRunner } from './runner.js';
import type { Tools } from './tools.js';

/** The effects of a program in these surroundings. */
export function realTools(context: CliContext): Tools {
  return {
    runner: createRunner(context.signal),
    files: realFiles,
    signal: context.signal,
    progress: (line) => {
      if (context.errorTerminal === true) context.err(`${line}\n`);
    },
  };
}
