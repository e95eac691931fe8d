/**
 * The one error class of the tool. Thrown where the cause is known, printed once, in `cli/`.
 *
 * `what` says what failed, `why` the cause as far as it is known, `mend` the one thing to do about it
 * (a command where there is one). `code` is stable: scripts and tests match on it, never on the words.
 */
export interface Problem {
  readonly code: string;
  readonly what: string;
  readonly why?: string;
  readonly mend?: string;
  /** Full output of a failed child process, kept for the user. */
  readonly logFile?: string;
  /** Process exit status; defaults to `exitCodes.failure`. */
  readonly exitCode?: number;
}

/** Exit statuses of every command. Documented in docs/exit-codes.md; never renumber. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  driversDropped: 3,
  fetchFailed: 4,
  buildFailed: 5,
  guestDied: 6,
  guestTestsFailed: 7,
  portRefused: 8,
  interrupted: 130,
} as const;

export class NetmapError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, options?: { cause?: unknown }) {
    super(problem.what, options);
    this.name = 'NetmapError';
    this.problem = problem;
  }

  get code(): string {
    return this.problem.code;
  }

  get exitCode(): number {
    return this.problem.exitCode ?? exitCodes.failure;
  }
}

/** What the operating system said, `ENOSPC` for example, behind an error as caught. */
export function systemCode(error: unknown): string {
  const origin: unknown = error instanceof NetmapError ? error.cause : error;
  return (origin as NodeJS.ErrnoException | undefined)?.code ?? String(error);
}

/** The same facts for a value of unknown type, as caught. */
export function toProblem(error: unknown): Problem {
  if (error instanceof NetmapError) return error.problem;
  if (error instanceof Error) {
    return {
      code: 'internal',
      what: error.message,
      why: 'unexpected error',
      mend: 'run again with --verbose and report it',
    };
  }
  return { code: 'internal', what: String(error) };
}
