import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { NetmapError } from './errors.js';

/** One child process. Arguments are never interpreted by a shell. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to the environment of this process; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Uint8Array;
  /** The process has the terminal while it runs, an editor for example: no output is kept, and Ctrl-C is its own. */
  readonly terminal?: boolean;
  /** `latin1`: every byte of the output is one character, as `Buffer.from(stdout, 'latin1')` takes them back. */
  readonly encoding?: 'utf8' | 'latin1';
  readonly timeoutMs?: number;
  /** Where the full output goes; its directory is made. Also shown when the command fails. */
  readonly logFile?: string;
  /** Return the result instead of throwing when the exit status is not 0. */
  readonly allowFailure?: boolean;
  /** Code of the error thrown on failure (default `command-failed`) and its exit status. */
  readonly failure?: {
    readonly code: string;
    readonly what: string;
    readonly mend?: string;
    readonly exitCode?: number;
  };
  /** Called with every complete line of stdout and stderr as it arrives. */
  readonly onLine?: (line: string) => void;
}

export interface CommandResult {
  /** Exit status; 128 + n for signal n; 127 when the program does not exist. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** Every child process of the tool goes through here, so that tests can substitute it without mocking modules. */
export interface Runner {
  run(command: Command): Promise<CommandResult>;
}

const TAIL_LINES = 20;
/** Characters. A kernel image that is unpacked is the largest output. */
const MOST_OUTPUT = 512 * 1024 * 1024;

function tail(text: string): string {
  return text.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
}

/**
 * The real runner. `signal` aborts all children (Ctrl-C): each gets SIGTERM, and SIGKILL 5 s later.
 *
 * @throws NetmapError `command-missing` when the program does not exist, `interrupted` when aborted,
 *   else `command.failure.code` for any exit status other than 0 unless `allowFailure`.
 */
export function createRunner(signal?: AbortSignal): Runner {
  return {
    async run(command) {
      const result = await execa(command.file, [...command.args], {
        ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
        env: { ...command.env },
        ...inputOf(command),
        ...(command.encoding === undefined ? {} : { encoding: command.encoding }),
        ...(command.timeoutMs === undefined ? {} : { timeout: command.timeoutMs }),
        ...(signal === undefined || command.terminal ? {} : { cancelSignal: signal }),
        ...outputOf(command),
        forceKillAfterDelay: 5000,
        reject: false,
        all: true,
        stripFinalNewline: false,
        maxBuffer: MOST_OUTPUT,
      });
      const output = result.all ?? '';
      if (command.logFile !== undefined) await writeLog(command, command.logFile, output);
      if (result.isCanceled) {
        throw new NetmapError({ code: 'interrupted', what: 'interrupted', exitCode: 130 });
      }
      if (result.code === 'ENOENT') {
        if (command.allowFailure) return { exitCode: 127, stdout: '', stderr: '', timedOut: false };
        throw new NetmapError({
          code: 'command-missing',
          what: `cannot run ${command.file}`,
          why: 'the program (or the directory to run it in) does not exist',
          mend: `install the package that provides ${command.file}`,
        });
      }
      const exitCode = result.exitCode ?? 128 + (result.signal === 'SIGKILL' ? 9 : 15);
      if (exitCode !== 0 && !command.allowFailure) {
        throw new NetmapError({
          code: command.failure?.code ?? 'command-failed',
          what: command.failure?.what ?? `${command.file} failed`,
          why: [
            result.timedOut
              ? `it ran longer than ${command.timeoutMs} ms`
              : `exit status ${exitCode}: ${[command.file, ...command.args].join(' ')}`,
            tail(output),
          ]
            .filter((part) => part !== '')
            .join('\n'),
          ...(command.failure?.mend === undefined ? {} : { mend: command.failure.mend }),
          ...(command.logFile === undefined ? {} : { logFile: command.logFile }),
          ...(command.failure?.exitCode === undefined ? {} : { exitCode: command.failure.exitCode }),
        });
      }
      return {
        exitCode,
        stdout: result.stdout ?? '',
        stderr: result.stderr ?? '',
        timedOut: result.timedOut,
      };
    },
  };
}

function inputOf({ terminal, input }: Command) {
  if (terminal) return { stdin: 'inherit' as const };
  return input === undefined ? { stdin: 'ignore' as const } : { input };
}

function outputOf({ terminal, onLine }: Command) {
  if (terminal) return { stdout: 'inherit' as const, stderr: 'inherit' as const };
  return onLine === undefined ? {} : { stdout: observeLines(onLine), stderr: observeLines(onLine) };
}

function observeLines(onLine: (line: string) => void) {
  return function* (line: unknown) {
    onLine(String(line));
    yield line;
  };
}

async function writeLog(command: Command, file: string, output: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const log = await open(file, 'a');
  try {
    await log.appendFile(`$ ${[command.file, ...command.args].join(' ')}\n${output}\n`);
  } finally {
    await log.close();
  }
}
