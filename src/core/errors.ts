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

/** Errors of the system that are facts about the machine, not defects of this program. */
const SYSTEM: Readonly<Record<string, readonly [why: string, mend: string]>> = {
  EACCES: ['permission denied', 'run it with sudo, or name a place that you may use'],
  EPERM: ['permission denied', 'run it with sudo, or name a place that you may use'],
  ENOENT: ['there is no such file, directory or program', 'check the name, or install what is missing'],
  ENOTDIR: ['a part of the path is a file', 'check the name'],
  EISDIR: ['it is a directory', 'name a file'],
  EEXIST: ['it exists', 'remove it, or name another place'],
  ENOSPC: ['the disk is full', 'free some space and run again'],
  EDQUOT: ['the disk quota is used up', 'free some space and run again'],
  EROFS: ['the file system is read-only', 'name another place'],
  EMFILE: ['too many open files', 'raise the limit (ulimit -n) and run again'],
  ENFILE: ['the machine has too many open files', 'end some programs and run again'],
  ENOMEM: ['there is no memory left', 'end some programs and run again'],
  ELOOP: ['symbolic links lead in a circle', 'correct the links'],
  ENAMETOOLONG: ['the name is too long', 'choose a shorter one'],
  EIO: ['the device reports an error', 'look at dmesg'],
  EPIPE: ['the reader has closed the pipe', 'run again'],
  ETXTBSY: ['the program is being written', 'run again'],
  EBUSY: ['it is in use', 'end what uses it and run again'],
};

/** An error of a system call: what was called, on what, and why it failed. */
function systemProblem(error: Error): Problem | undefined {
  const { code, syscall, path: file }: NodeJS.ErrnoException = error;
  if (code === undefined || syscall === undefined) return undefined;
  const [why, mend] = SYSTEM[code] ?? ['the system refuses it', 'look at dmesg, and run again'];
  const what = syscall.startsWith('spawn')
    ? `cannot run ${file ?? syscall.replace(/^spawn /, '')}`
    : `cannot ${syscall}${file === undefined ? '' : ` ${file}`}`;
  return { code: 'system', what, why: `${why} (${code})`, mend };
}

/** The same facts for a value of unknown type, as caught. */
export function toProblem(error: unknown): Problem {
  if (error instanceof NetmapError) return error.problem;
  if (!(error instanceof Error)) return { code: 'internal', what: String(error) };
  return (
    systemProblem(error) ?? {
      code: 'internal',
      what: error.message,
      why: 'unexpected error',
      mend: 'run again with --verbose and report it',
    }
  );
}
