import { constants, createReadStream, createWriteStream, type Dirent, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';

/**
 * What the operating system does with files, with its own errors (`ENOENT`, `EACCES`): for code that knows better than a
 * general message what it means that a file is not there.
 */
export interface Disk {
  readBytes(file: string): Promise<Buffer>;
  /** At most `length` bytes from `position` on. */
  readPart(file: string, position: number, length: number): Promise<Buffer>;
  /** Follows links. */
  stat(file: string): Promise<Stats>;
  /** Of a link itself. */
  lstat(file: string): Promise<Stats>;
  readlink(link: string): Promise<string>;
  realpath(file: string): Promise<string>;
  /** May this process read, read and write, or run it? */
  allows(file: string, use: 'read' | 'write' | 'run'): Promise<boolean>;
  entries(directory: string, options?: { readonly recursive: boolean }): Promise<Dirent[]>;
  /** Makes one directory; with `parents` also those above, and none has to be missing. */
  mkdir(directory: string, options?: { readonly parents: boolean; readonly mode?: number }): Promise<void>;
  /** A new directory that only this user can read: `prefix` and six letters. */
  mkdtemp(prefix: string): Promise<string>;
  /** Writes in place: for folders that appear as a whole, and logs. */
  put(file: string, content: string | Uint8Array): Promise<void>;
  append(file: string, text: string): Promise<void>;
  /** A file. */
  copy(from: string, to: string): Promise<void>;
  /** A folder and all that is in it; links become what they lead to when `dereference`. */
  copyInto(from: string, to: string, options?: { readonly dereference: boolean }): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Exactly this link, where nothing is yet. */
  link(target: string, link: string): Promise<void>;
  chmod(file: string, mode: number): Promise<void>;
  /** An empty directory. */
  rmdir(directory: string): Promise<void>;
  readStream(file: string): Readable;
  /** `new`: there must be none; `append`: behind what is there; `replace`: from its beginning. */
  writeStream(file: string, how: 'new' | 'append' | 'replace', mode?: number): Writable;
}

const USES = { read: constants.R_OK, write: constants.R_OK | constants.W_OK, run: constants.X_OK };
const FLAGS = { new: 'wx', append: 'a', replace: 'w' };

export const realDisk: Disk = {
  readBytes: (file) => fs.readFile(file),

  async readPart(file, position, length) {
    const handle = await fs.open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  },

  stat: (file) => fs.stat(file),
  lstat: (file) => fs.lstat(file),
  readlink: (link) => fs.readlink(link),
  realpath: (file) => fs.realpath(file),

  allows: (file, use) =>
    fs.access(file, USES[use]).then(
      () => true,
      () => false,
    ),

  entries: (directory, options) => fs.readdir(directory, { ...options, withFileTypes: true }),

  async mkdir(directory, { parents, ...mode } = { parents: false }) {
    await fs.mkdir(directory, { recursive: parents, ...mode });
  },

  mkdtemp: (prefix) => fs.mkdtemp(prefix),
  put: (file, content) => fs.writeFile(file, content),
  append: (file, text) => fs.appendFile(file, text),
  copy: (from, to) => fs.copyFile(from, to),
  copyInto: (from, to, options) => fs.cp(from, to, { ...options, recursive: true }),
  rename: (from, to) => fs.rename(from, to),
  link: (target, link) => fs.symlink(target, link),
  chmod: (file, mode) => fs.chmod(file, mode),
  rmdir: (directory) => fs.rmdir(directory),
  readStream: (file) => createReadStream(file),
  writeStream: (file, how, mode) =>
    createWriteStream(file, { flags: FLAGS[how], ...(mode === undefined ? {} : { mode }) }),
};
