import type { Command } from 'commander';
import { subcommands } from '../../src/cli/commands.js';
import { createProgram } from '../../src/cli/program.js';

const silent = () => undefined;

/** Where a program runs that nobody watches: no terminal, no variables, nothing printed. */
export function silentContext() {
  return {
    cwd: '/',
    env: {},
    terminal: false,
    out: silent,
    err: silent,
    signal: new AbortController().signal,
  };
}

/** The program's commands and options, to be looked at and not run. */
export function describedProgram(): Command {
  return createProgram({
    version: '0',
    context: silentContext(),
    subcommands,
    configure: async () => undefined,
    showConfig: async () => undefined,
    effectiveOptions: async () => {
      throw new Error('not called');
    },
  });
}
