import { createHash } from 'node:crypto';
import path from 'node:path';
import { NetmapError, systemCode } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import type { DkmsTree } from './tree.js';

/** Marks a tree as ours and holds the digest of all that is in it. */
const STAMP = '.netmap-configure';
const ASIDE = '.netmap-new';

/** Digest over names and contents of a planned tree. */
export async function digestOf({ texts, copies }: DkmsTree, files: Files): Promise<string> {
  const hash = createHash('sha256');
  for (const [name, text] of Object.entries(texts).sort()) hash.update(`${name}\0${text}\0`);
  for (const [name, file] of Object.entries(copies).sort())
    hash.update(`${name}\0`).update(await files.readBytes(file));
  return hash.digest('hex');
}

/** The digest of a tree that is there; undefined when there is none. */
export async function installedDigest(directory: string, files: Files): Promise<string | undefined> {
  return (await files.read(path.join(directory, STAMP)))?.trim();
}

/**
 * Writes the tree aside and moves it into place as a whole. What an interrupted run left is removed.
 *
 * @throws NetmapError `in-the-way` when something else is in that place; `file-system`
 */
export async function writeTree(tree: DkmsTree, directory: string, files: Files): Promise<void> {
  if ((await files.exists(directory)) && (await installedDigest(directory, files)) === undefined) {
    throw new NetmapError({
      code: 'in-the-way',
      what: `${directory} is there and was not written by netmap-configure`,
      mend: `move it away: mv ${directory} ${directory}.saved`,
    });
  }
  const aside = directory + ASIDE;
  try {
    await files.remove(aside);
    for (const name of [...Object.keys(tree.texts), ...Object.keys(tree.copies)]) {
      await files.makeDirectory(path.dirname(path.join(aside, name)));
    }
    for (const [name, text] of Object.entries(tree.texts)) await files.put(path.join(aside, name), text);
    for (const [name, file] of Object.entries(tree.copies)) await files.copy(file, path.join(aside, name));
    await files.put(path.join(aside, STAMP), `${await digestOf(tree, files)}\n`);
    await files.remove(directory);
    await files.rename(aside, directory);
  } catch (error) {
    await files.remove(aside).catch(() => undefined);
    throw new NetmapError(
      {
        code: 'file-system',
        what: `cannot write ${directory}`,
        why: systemCode(error),
        mend: 'run as root, or give --destdir=DIR to make the tree elsewhere',
      },
      { cause: error },
    );
  }
}
