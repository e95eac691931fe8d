import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { type Disk, realDisk } from './disk.js';
import { NetmapError } from './errors.js';
import { removeLeftovers } from './leftovers.js';

/**
 * File-system effects of the tool. `write`, `symlink` and `copyTree` replace their target atomically, and errors say what to
 * do; those of `Disk` are what the operating system does, and its errors.
 */
export interface Files extends Disk {
  /** File content as UTF-8, or undefined when there is no such file. */
  read(file: string): Promise<string | undefined>;
  /** Writes via a temporary file in the same directory and rename(2); makes the directory. Clears up after killed runs. */
  write(file: string, content: string | Uint8Array, mode?: number): Promise<void>;
  exists(file: string): Promise<boolean>;
  isDirectory(file: string): Promise<boolean>;
  list(directory: string): Promise<string[]>;
  makeDirectory(directory: string): Promise<void>;
  /** Replaces whatever symlink was there; refuses to replace a real file or directory. */
  symlink(target: string, link: string): Promise<void>;
  /** Recursive copy that keeps modes and times, replacing `to` as a whole or not at all. */
  copyTree(from: string, to: string): Promise<void>;
  remove(file: string): Promise<void>;
}

/**
 * Gives `work` a folder of its own that only this user can read, and removes it afterwards. `prefix`: its place and the
 * beginning of its name.
 */
export async function withFolder<T>(
  prefix: string,
  files: Pick<Files, 'mkdtemp' | 'remove'>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await files.mkdtemp(prefix);
  try {
    return await work(folder);
  } finally {
    await files.remove(folder);
  }
}

function suffix(): string {
  return `.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
}

function explain(error: unknown, action: string, file: string): never {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  const mends: Record<string, string> = {
    EACCES: 'choose a directory you may write to, or change its permissions',
    EPERM: 'choose a directory you may write to, or change its permissions',
    EROFS: 'the file system is read-only: choose another directory',
    ENOSPC: 'the disk is full: free some space and run again',
    ENOTDIR: 'a part of the path is a file: remove it or choose another directory',
  };
  const mend = mends[code];
  throw new NetmapError(
    {
      code: 'file-system',
      what: `cannot ${action} ${file}`,
      why: code,
      ...(mend === undefined ? {} : { mend }),
    },
    { cause: error },
  );
}

export const realFiles: Files = {
  ...realDisk,

  async read(file) {
    try {
      return await fs.readFile(file, 'utf8');
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      return explain(error, 'read', file);
    }
  },

  async write(file, content, mode = 0o644) {
    const temporary = file + suffix();
    try {
      await fs.mkdir(path.dirname(file), { recursive: true });
      await removeLeftovers(path.dirname(file), path.basename(file));
      await fs.writeFile(temporary, content, { mode });
      await fs.rename(temporary, file);
    } catch (error) {
      await fs.rm(temporary, { force: true }).catch(() => undefined);
      explain(error, 'write', file);
    }
  },

  async exists(file) {
    return fs.access(file).then(
      () => true,
      () => false,
    );
  },

  async isDirectory(file) {
    return fs.stat(file).then(
      (stat) => stat.isDirectory(),
      () => false,
    );
  },

  async list(directory) {
    try {
      return (await fs.readdir(directory)).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      return explain(error, 'list', directory);
    }
  },

  async makeDirectory(directory) {
    try {
      await fs.mkdir(directory, { recursive: true });
    } catch (error) {
      explain(error, 'make the directory', directory);
    }
  },

  async symlink(target, link) {
    const temporary = link + suffix();
    try {
      const present = await fs.lstat(link).catch(() => undefined);
      if (present !== undefined && !present.isSymbolicLink()) {
        throw new NetmapError({
          code: 'in-the-way',
          what: `cannot link ${link}`,
          why: 'a file or directory of that name is there and is not a symbolic link',
          mend: `move it away: mv ${link} ${link}.saved`,
        });
      }
      await fs.mkdir(path.dirname(link), { recursive: true });
      await removeLeftovers(path.dirname(link), path.basename(link));
      await fs.symlink(target, temporary);
      await fs.rename(temporary, link);
    } catch (error) {
      await fs.rm(temporary, { force: true }).catch(() => undefined);
      if (error instanceof NetmapError) throw error;
      explain(error, 'link', link);
    }
  },

  async copyTree(from, to) {
    const temporary = to + suffix();
    try {
      await fs.mkdir(path.dirname(to), { recursive: true });
      await removeLeftovers(path.dirname(to), path.basename(to));
      await fs.cp(from, temporary, { recursive: true, preserveTimestamps: true });
      await fs.rm(to, { recursive: true, force: true });
      await fs.rename(temporary, to);
    } catch (error) {
      await fs.rm(temporary, { recursive: true, force: true }).catch(() => undefined);
      explain(error, `copy ${from} to`, to);
    }
  },

  async remove(file) {
    try {
      await fs.rm(file, { recursive: true, force: true });
    } catch (error) {
      explain(error, 'remove', file);
    }
  },
};
