import type { SimpleGit } from 'simple-git';
import { exitCodes, NetmapError } from './errors.js';

export type { SimpleGit } from 'simple-git';

/** How git is used in a repository that the tool made itself. */
export interface Use {
  /** Name in commits; it has no mailbox. */
  readonly author: string;
  /** What to do when git fails there. */
  readonly mend: string;
  readonly signal?: AbortSignal;
}

/**
 * Works on the repository in `directory`. Git is as it is without anybody's configuration: a history depends on what was
 * committed alone. No variable of the caller but PATH reaches it: neither GIT_DIR nor HOME with its lists of ignored files.
 *
 * @throws NetmapError `git-failed`, `command-missing` without git, `interrupted`
 */
export async function inRepository<T>(
  directory: string,
  { author, mend, signal }: Use,
  work: (git: SimpleGit) => PromiseLike<T>,
): Promise<T> {
  const { simpleGit } = await import('simple-git');
  const git = simpleGit({
    baseDir: directory,
    config: [
      'core.autocrlf=false',
      'commit.gpgsign=false',
      `user.name=${author}`,
      `user.email=${author}@localhost`,
    ],
    allowEnvironment: ['GIT_CONFIG_NOSYSTEM', 'GIT_CONFIG_GLOBAL'],
    unsafe: { allowUnsafeConfigPaths: true },
    ...(signal === undefined ? {} : { abort: signal }),
  }).env({ PATH: process.env.PATH, LC_ALL: 'C', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' });
  try {
    return await work(git);
  } catch (error) {
    throw explained(error, directory, mend, signal);
  }
}

function explained(error: unknown, directory: string, mend: string, signal?: AbortSignal): unknown {
  if (error instanceof NetmapError) return error;
  if (signal?.aborted)
    return new NetmapError({ code: 'interrupted', what: 'interrupted', exitCode: exitCodes.interrupted });
  const why = error instanceof Error ? error.message.trim() : String(error);
  if (/spawn git ENOENT/.test(why))
    return new NetmapError({
      code: 'command-missing',
      what: 'cannot run git',
      why: 'the program does not exist',
      mend: 'install the package that provides git',
    });
  return new NetmapError(
    { code: 'git-failed', what: `git failed in ${directory}`, why, mend },
    { cause: error },
  );
}
