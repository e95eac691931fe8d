import { Parser, type ReadEntry } from 'tar';
import type { Files } from '../../core/files.js';
import type { Member, Visit } from './member.js';

const TYPES: Readonly<Record<string, Member['type']>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'directory',
  SymbolicLink: 'symlink',
  Link: 'hardlink',
};

const KINDS: Readonly<Record<string, string>> = {
  CharacterDevice: 'a character device',
  BlockDevice: 'a block device',
  FIFO: 'a pipe',
};

/**
 * Reads a tar file, packed with gzip or not, and calls `visit` for every member.
 * @throws Error for a damaged or truncated file, and whatever `visit` throws
 */
export async function readTar(file: string, visit: Visit, files: Files): Promise<void> {
  const stream = files.readStream(file);
  const parser = new Parser({ strict: true });
  const entries: ReadEntry[] = [];
  const visits: Promise<void>[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const take = (entry: ReadEntry) => {
        entries.push(entry);
        // What was not read has to be read past, or the next member never comes.
        visits.push(visit(memberOf(entry)).then(() => void entry.resume(), reject));
      };
      parser.on('entry', take);
      parser.on('ignoredEntry', take);
      parser.on('error', reject);
      parser.on('end', resolve);
      stream.on('error', reject);
      stream.on('data', (chunk) => {
        if (!parser.write(chunk as Buffer)) stream.pause();
      });
      parser.on('drain', () => stream.resume());
      stream.on('end', () => parser.end());
    });
    await Promise.all(visits);
  } catch (error) {
    stream.destroy();
    for (const entry of entries) {
      entry.on('error', () => undefined);
      entry.destroy(error);
    }
    await Promise.allSettled(visits);
    throw error;
  }
}

function memberOf(entry: ReadEntry): Member {
  return {
    path: entry.path,
    type: TYPES[entry.type] ?? 'other',
    kind: KINDS[entry.type] ?? `of the type ${entry.type}`,
    size: entry.size,
    executable: ((entry.mode ?? 0) & 0o100) !== 0,
    ...(entry.linkpath === undefined ? {} : { target: entry.linkpath }),
    content: () => contentOf(entry),
  };
}

/** Not the entry itself: Node.js takes it for a stream of its own kind, and then misses its errors. */
async function* contentOf(entry: ReadEntry): AsyncGenerator<Uint8Array> {
  for await (const chunk of entry) yield chunk;
}
