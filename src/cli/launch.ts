import type { CliContext } from '../core/context.js';
import { exitCodes, type Problem } from '../core/errors.js';

/** What a program comes to. */
export interface Output {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  /** What stopped it, which is printed already. */
  readonly problem?: Problem;
}

/**
 * Runs a program in this process: signals abort it, and what it comes to is printed. A closed pipe ends the output, not
 * the work. Resolves to the exit status; never throws.
 */
export async function launch(execute: (context: CliContext) => Promise<Output>): Promise<number> {
  const abort = new AbortController();
  const stop = () => abort.abort();
  const unwritable = watchStreams();
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const context: CliContext = {
    cwd: process.cwd(),
    env: process.env,
    terminal: process.stdout.isTTY === true,
    errorTerminal: process.stderr.isTTY === true,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    signal: abort.signal,
  };
  try {
    const { status, out, err } = await execute(context);
    if (out !== '') context.out(out);
    if (err !== '') context.err(err);
    const error = await unwritable();
    if (error === undefined) return status;
    context.err(`error: cannot write the output\nwhy:   ${error}\n`);
    return status === exitCodes.ok ? exitCodes.failure : status;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

/** A reader that is gone is no error of the program; a full disk is. */
function watchStreams(): () => Promise<string | undefined> {
  let failure: string | undefined;
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (!['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'].includes(code ?? '')) failure = message;
    });
  return async () => {
    await new Promise((resolve) => process.stdout.write('', resolve));
    return failure;
  };
}
