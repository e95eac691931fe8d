import type { Command } from 'commander';
import { subcommands } from '../../src/cli/commands.js';
import { createProgram } from '../../src/cli/program.js';

/** The program's commands and options, to be looked at and not run. */
export function describedProgram(): Command {
  const silent = () => undefined;
  return createProgram({
    version: '0',
    context: {
      cwd: '/',
      env: {},
      terminal: false,
      out: silent,
      err: silent,
      signal: new AbortController().signal,
    },
    subcommands,
    configure: async () => undefined,
    showConfig: async () => undefined,
    effectiveOptions: async () => {
      throw new Error('not called');
    },
  });
}
