import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../src/core/paths.js';

/** A compiled C program of the tests. */
export interface Program {
  /** Runs it with arguments (and stdin); a run that a sanitizer stops has a status other than 0. */
  run(
    args: readonly string[],
    input?: string | Buffer,
    env?: Readonly<Record<string, string>>,
  ): { status: number; stdout: string; stderr: string };
  readonly file: string;
  remove(): void;
}

const FLAGS = ['-std=gnu11', '-D_GNU_SOURCE', '-O1', '-g', '-Wall', '-Wextra', '-Werror'];
const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer'];

/**
 * Compiles and links C files (paths from the package root) with the address and undefined-behaviour
 * sanitizers.
 *
 * @throws Error with the compiler's messages
 */
export function buildProgram(
  sources: readonly string[],
  includes: readonly string[] = [],
  flags: readonly string[] = [],
): Program {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'netmap-c-'));
  const file = path.join(directory, 'program');
  const paths = ['kernel/include', 'libnetmap', 'apps/common', ...includes];
  const compiled = spawnSync(
    'gcc',
    [
      ...[...FLAGS, ...SANITIZERS, ...flags],
      ...paths.flatMap((p) => ['-I', p]),
      ...['-o', file, ...sources, '-lm', '-lpthread'],
    ],
    { cwd: packageRoot, encoding: 'utf8' },
  );
  if (compiled.status !== 0) {
    rmSync(directory, { recursive: true, force: true });
    throw new Error(`cannot compile ${sources.join(' ')}:\n${compiled.stderr}`);
  }
  return runner(file, () => rmSync(directory, { recursive: true, force: true }));
}

/** A program that is there already. */
export function runner(file: string, remove: () => void = () => {}): Program {
  return {
    file,
    remove,
    run(args, input, env) {
      const done = spawnSync(file, args, {
        env: { ...process.env, ...env },
        input: input ?? '',
        encoding: 'utf8',
        timeout: 60_000,
        maxBuffer: 1 << 28,
      });
      return { status: done.status ?? -1, stdout: done.stdout, stderr: done.stderr };
    },
  };
}

/** The library's files. */
export const LIBNETMAP = [
  'nmctx.c',
  'nmctx-pthreads.c',
  'nmreq-parse.c',
  'nmreq-options.c',
  'nmreq-memid.c',
  'nmport.c',
  'nmport-memory.c',
  'nmport-options.c',
  'nmport-extmem.c',
].map((name) => `libnetmap/${name}`);
