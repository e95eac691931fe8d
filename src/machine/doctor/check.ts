import type { Tools } from '../../core/tools.js';

/** What checks look at. */
export interface Host extends Tools {
  /** Kernel release to build and load for. */
  readonly release: string;
  /** Interfaces that netmap is going to be used on. */
  readonly interfaces: readonly string[];
  /** Build folder whose modules are going to be loaded; often the current directory, which may be none. */
  readonly build: string;
}

/** What a check found. `fix` is the one command that mends it; `undo` the one that takes it back. */
export interface Finding {
  readonly level: 'ok' | 'advice' | 'problem';
  readonly says: string;
  /** Words of a command. Without one, `mend` says what a person can do. */
  readonly fix?: readonly string[];
  readonly undo?: readonly string[];
  readonly mend?: string;
}

/** One row of the preflight list; looks, and changes nothing. */
export interface Check {
  readonly id: string;
  readonly title: string;
  /** Once for each interface, or once for the machine. */
  readonly each: 'machine' | 'interface';
  run(host: Host, name: string): Promise<Finding>;
}

export const ok = (says: string): Finding => ({ level: 'ok', says });

/** Output of a program; empty when it fails or is not there. */
export async function output({ runner }: Host, file: string, ...args: string[]): Promise<string> {
  const result = await runner.run({ file, args, env: { LC_ALL: 'C' }, allowFailure: true });
  return result.exitCode === 0 ? result.stdout : '';
}
