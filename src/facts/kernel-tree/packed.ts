import { createHash } from 'node:crypto';
import path from 'node:path';
import { NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import { withLock } from '../../core/lock.js';
import { cacheDirectory } from '../../core/paths.js';
import type { Runner } from '../../core/runner.js';

const ARCHIVE = /\.tar\.(xz|bz2|gz|zst)$/;

export function isArchive(file: string): boolean {
  return ARCHIVE.test(file);
}

export interface Unpacking {
  /** What is wanted, relative to the top directory of the sources; what is not there is left out. */
  readonly members: readonly string[];
  readonly runner: Runner;
  readonly files: Files;
  readonly signal?: AbortSignal;
  /** Where unpacked sources are kept; default: the user's cache. */
  readonly cache?: string;
}

/**
 * Extracts parts of packed kernel sources into the cache, once for each archive as it is now. The top directory in
 * the archive may have any name. tar itself refuses absolute paths, `..`, and links that lead out.
 *
 * @returns the top directory of the extracted sources
 * @throws NetmapError `archive-unusable`, `interrupted`
 */
export async function unpackSources(archive: string, unpacking: Unpacking): Promise<string> {
  const { files, members } = unpacking;
  const state = await files.stat(archive).catch(() => undefined);
  if (state === undefined) throw unusable(archive, 'it cannot be read');
  const key = createHash('sha256')
    .update(JSON.stringify([path.resolve(archive), state.size, state.mtimeMs, [...members].sort()]))
    .digest('hex')
    .slice(0, 16);
  const base = path.join(unpacking.cache ?? cacheDirectory(), 'sources');
  const target = path.join(base, key);
  return withLock(
    `${target}.lock`,
    async () => {
      if (!(await files.isDirectory(target))) await extract(archive, target, unpacking);
      return target;
    },
    unpacking.signal,
  );
}

async function extract(
  archive: string,
  target: string,
  { members, runner, files }: Unpacking,
): Promise<void> {
  const temporary = `${target}.${process.pid}.tmp`;
  await files.makeDirectory(temporary);
  try {
    const patterns = ['Makefile', ...members].map((member) => `*/${member}`);
    const result = await runner.run({
      file: 'tar',
      args: [
        ...['-x', '-f', path.resolve(archive), '-C', temporary],
        // A pattern that starts with the top directory must not match deeper directories too.
        ...['--wildcards', '--anchored', '--no-wildcards-match-slash', '--strip-components=1'],
        ...['--no-same-owner', '--no-same-permissions'],
        ...patterns,
      ],
      env: { LC_ALL: 'C' },
      allowFailure: true,
    });
    // Members that are not in the archive make tar fail after it extracted the others.
    const complaints = result.stderr
      .split('\n')
      .filter((line) => line !== '' && !/Not found in archive|previous errors|Removing leading/.test(line));
    if (complaints.length > 0) throw unusable(archive, complaints.slice(0, 3).join('\n'));
    if (!(await files.exists(path.join(temporary, 'Makefile')))) {
      throw unusable(archive, 'there is no Makefile in its top directory');
    }
    await files.rename(temporary, target);
  } finally {
    await files.remove(temporary);
  }
}

function unusable(archive: string, why: string): NetmapError {
  return new NetmapError({
    code: 'archive-unusable',
    what: `cannot take kernel sources from ${archive}`,
    why,
    mend: 'name an archive as distributions pack it (linux-source-VERSION.tar.xz), or an unpacked directory',
    exitCode: 2,
  });
}
