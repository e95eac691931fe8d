import { createHash } from 'node:crypto';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Files } from '../../core/files.js';

/** Name of the file with checksums that a user may put beside archives; the format of sha256sum. */
export const SUMS_FILE = 'SHA256SUMS';

/** SHA-256 of a file, 64 hexadecimal digits. */
export async function sha256Of(file: string, files: Pick<Files, 'readStream'>): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(files.readStream(file), hash);
  return hash.digest('hex');
}

/** Reads lines `<64 digits>  <name>` as sha256sum writes them; other lines mean nothing. */
export function parseSums(text: string): ReadonlyMap<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, digest, name] = /^([0-9a-fA-F]{64}) [ *](.+)$/.exec(line.trimEnd()) ?? [];
    if (digest && name) sums.set(name.replace(/^\.\//, ''), digest.toLowerCase());
  }
  return sums;
}

/** The checksum that one of the folders' SHA256SUMS demands of an archive, under any of its names. */
export async function demandedSum(
  folders: readonly string[],
  names: readonly string[],
  files: Pick<Files, 'read'>,
): Promise<{ readonly sha256: string; readonly said: string } | undefined> {
  for (const folder of folders) {
    const said = path.join(folder, SUMS_FILE);
    const sums = parseSums((await files.read(said)) ?? '');
    const sha256 = names.map((name) => sums.get(name)).find((sum) => sum !== undefined);
    if (sha256 !== undefined) return { sha256, said };
  }
  return undefined;
}
