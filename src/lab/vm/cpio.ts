/** One member of an archive; directories above it are added by `withParents`. */
export type CpioEntry =
  | { readonly path: string; readonly kind: 'directory' }
  | { readonly path: string; readonly kind: 'file'; readonly mode: number; readonly content: Uint8Array }
  | { readonly path: string; readonly kind: 'symlink'; readonly target: string };

const MAGIC = '070701';
const types = { directory: 0o040000, file: 0o100000, symlink: 0o120000 };

function padding(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4);
}

function header(inode: number, mode: number, size: number, name: string, links: number): Uint8Array {
  // Inode, mode, uid, gid, nlink, mtime, size, dev major/minor, rdev major/minor, name size, check.
  const fields = [inode, mode, 0, 0, links, 0, size, 0, 0, 0, 0, name.length + 1, 0];
  const text = MAGIC + fields.map((n) => n.toString(16).padStart(8, '0')).join('') + name;
  return Buffer.concat([Buffer.from(`${text}\0`), padding(text.length + 1)]);
}

/**
 * The bytes of a newc archive, chunk by chunk, as the kernel's initramfs unpacker reads it
 * (Documentation/driver-api/early-userspace/buffer-format.rst). Owner and times are 0: equal input gives equal bytes.
 */
export function* cpioArchive(entries: Iterable<CpioEntry>): Generator<Uint8Array> {
  let inode = 1;
  for (const entry of entries) {
    const name = entry.path.replace(/^\/+/, '');
    const content =
      entry.kind === 'file'
        ? entry.content
        : entry.kind === 'symlink'
          ? Buffer.from(entry.target)
          : new Uint8Array();
    const permissions = entry.kind === 'file' ? entry.mode : entry.kind === 'symlink' ? 0o777 : 0o755;
    yield header(inode++, types[entry.kind] | permissions, content.length, name, 1);
    yield content;
    yield padding(content.length);
  }
  yield header(0, 0, 0, 'TRAILER!!!', 1);
}

/** Sorted, without duplicates (the last one of a path wins), every directory before its content. */
export function withParents(entries: Iterable<CpioEntry>): CpioEntry[] {
  const byPath = new Map<string, CpioEntry>();
  for (const entry of entries) {
    const path = `/${entry.path.replace(/^\/+/, '')}`;
    const parts = path.split('/').slice(1, -1);
    for (let i = 1; i <= parts.length; i++) {
      const parent = `/${parts.slice(0, i).join('/')}`;
      if (!byPath.has(parent)) byPath.set(parent, { path: parent, kind: 'directory' });
    }
    byPath.set(path, { ...entry, path });
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
