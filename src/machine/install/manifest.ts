import path from 'node:path';
import { NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';

/** One thing that `make install` put somewhere; templates/install.sh writes the list of them. */
export interface Entry {
  /** As it is named below the root of the installation, e.g. `/usr/local/bin/pkt-gen`. */
  readonly path: string;
  /** SHA-256 of its contents. An installation that was interrupted has an old and a new one. */
  readonly digests: readonly string[];
}

/** A list of installed files. */
export interface Manifest {
  readonly file: string;
  /** What every path is below: the staging folder, or empty. */
  readonly root: string;
  readonly entries: readonly Entry[];
  /** Directories that the installation made, deepest first. */
  readonly directories: readonly string[];
  /** Kernel that these modules are for; undefined for programs, headers and the library. */
  readonly release?: string;
}

/** Where `make install` keeps its lists. */
export interface Places {
  readonly prefix: string;
  readonly destdir: string;
  readonly installModPath: string;
}

const LINE = /^(?:([0-9a-f]{64}) {2}|# directory )(\/.+)$/;

/**
 * Reads a list. Everything that is not a line of its form is refused: what is removed later stands in it.
 *
 * @throws NetmapError `manifest-unreadable`
 */
export function parseManifest(text: string, file: string, root: string): Manifest {
  const entries = new Map<string, string[]>();
  const directories: string[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || (line.startsWith('#') && !line.startsWith('# directory '))) continue;
    const [, digest, name = ''] = LINE.exec(line) ?? [];
    if (name === '' || path.normalize(name) !== name) throw unreadable(file, line);
    if (digest === undefined) directories.push(name);
    else entries.set(name, [...(entries.get(name) ?? []), digest]);
  }
  directories.sort((a, b) => b.length - a.length || a.localeCompare(b));
  return {
    file,
    root,
    entries: [...entries].map(([name, digests]) => ({ path: name, digests })),
    directories,
  };
}

function unreadable(file: string, line: string): NetmapError {
  return new NetmapError({
    code: 'manifest-unreadable',
    what: `${file} is not a list of installed files`,
    why: `this line is not of its form: ${JSON.stringify(line.slice(0, 200))}`,
    mend: 'run make install again, which writes it anew, then uninstall',
  });
}

/** The lists of an installation: one in the prefix, and one beside the modules of each kernel. */
export async function findManifests(
  { prefix, destdir, installModPath }: Places,
  files: Files,
): Promise<Manifest[]> {
  const found: Manifest[] = [];
  const include = prefix === '' || prefix === '/' ? '/usr' : prefix;
  const root = destdir.replace(/\/$/, '');
  const read = async (file: string, below: string, more: { release?: string }) => {
    const text = await files.read(file);
    if (text !== undefined) found.push({ ...parseManifest(text, file, below), ...more });
  };
  const modRoot = installModPath.replace(/\/$/, '');
  const modules = path.join('/', modRoot, 'lib/modules');
  for (const release of await files.list(modules)) {
    await read(path.join(modules, release, 'updates/netmap.installed'), modRoot, { release });
  }
  await read(path.join('/', root, include, 'share/netmap/installed'), root, {});
  return found;
}
