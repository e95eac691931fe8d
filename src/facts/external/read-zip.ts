import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { type Entry, open, type ZipFile } from 'yauzl';
import type { Member, Visit } from './member.js';

const openZip = promisify<string, { lazyEntries: true; strictFileNames: true }, ZipFile>(open as never);
/** Longest target of a symbolic link that is read, bytes. */
const LONGEST_TARGET = 4096;

// Mode bits of Unix, in the upper half of the external attributes.
const KIND_MASK = 0o170000;
const SYMLINK = 0o120000;
const DIRECTORY = 0o040000;
const REGULAR = 0o100000;

/**
 * Reads a zip file and calls `visit` for every member. Contents are checked against their CRC.
 * @throws Error for a damaged or truncated file, and whatever `visit` throws
 */
export async function readZip(file: string, visit: Visit): Promise<void> {
  const zip = await openZip(file, { lazyEntries: true, strictFileNames: true });
  try {
    await new Promise<void>((resolve, reject) => {
      zip.on('error', reject);
      zip.on('end', resolve);
      zip.on('entry', (entry: Entry) => {
        memberOf(zip, entry)
          .then(visit)
          .then(() => zip.readEntry(), reject);
      });
      zip.readEntry();
    });
  } finally {
    zip.close();
  }
}

async function memberOf(zip: ZipFile, entry: Entry): Promise<Member> {
  const mode = entry.externalFileAttributes >>> 16;
  const kind = mode & KIND_MASK;
  const directory = entry.fileName.endsWith('/');
  const content = () => checked(zip, entry);
  const base = {
    path: entry.fileName,
    size: entry.uncompressedSize,
    executable: (mode & 0o100) !== 0,
    content,
  };
  if (entry.isEncrypted()) return { ...base, type: 'other', kind: 'encrypted' };
  if (kind === SYMLINK) {
    if (entry.uncompressedSize > LONGEST_TARGET)
      return { ...base, type: 'other', kind: 'a link without end' };
    return { ...base, type: 'symlink', size: 0, target: await text(content()) };
  }
  if (directory) return { ...base, type: 'directory' };
  // Archives made on other systems have no mode bits at all.
  if (kind === REGULAR || kind === 0) return { ...base, type: 'file' };
  return {
    ...base,
    type: 'other',
    kind: kind === DIRECTORY ? 'a folder with content' : 'a device or a pipe',
  };
}

/** yauzl checks sizes, but not the CRC. */
async function* checked(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) =>
    zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened))),
  );
  let crc = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (crc !== entry.crc32) throw new Error(`${JSON.stringify(entry.fileName)} does not match its checksum`);
}
