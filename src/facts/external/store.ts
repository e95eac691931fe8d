import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import { withLock } from '../../core/lock.js';
import { demandedSum, sha256Of } from './sums.js';
import { unpackArchive } from './unpack.js';
import type { Vendor } from './vendors.js';

/** Folder name, in a build folder and in the package, that a user may put archives into. */
export const ARCHIVE_FOLDER = 'ext-drivers';

/** Where archives of vendor drivers are. */
export interface Store {
  /** The user's folders, in the order they are looked through. Never written to. */
  readonly folders: readonly string[];
  /** Of fetched archives: `<cache>/<archive>`, its checksum beside it, unpacked ones below `unpacked/`. */
  readonly cache: string;
  readonly files: Files;
  readonly signal?: AbortSignal;
}

/** An archive that may be used: its checksum is what it should be, and it was unpacked without complaint. */
export interface Archive {
  readonly file: string;
  readonly sha256: string;
  readonly from: 'folder' | 'cache' | 'network';
  /** What its checksum was compared with; undefined when nothing was known. */
  readonly checkedBy?: string;
  /** Folder with the unpacked sources. */
  readonly tree: string;
}

/** The names under which an archive may lie in a user's folder. */
export function namesOf(vendor: Vendor, version: string): string[] {
  const stored = vendor.archive(version);
  return [...new Set([stored, path.basename(stored), ...vendor.aliases(version)])];
}

/** The archive's file in one of the user's folders. */
export async function inFolders(vendor: Vendor, version: string, store: Store): Promise<string | undefined> {
  for (const folder of store.folders) {
    // v5.10.2.zip alone does not tell which driver it is: that name only counts in the driver's own folder.
    const names = namesOf(vendor, version).filter((name) => !/^v[\d.]+\.zip$/.test(name));
    for (const name of names) {
      const file = path.join(folder, name);
      const state = await store.files.stat(file).catch(() => undefined);
      if (state?.isFile()) return file;
    }
  }
  return undefined;
}

/** The checksum an archive must have: the user's SHA256SUMS, else what was recorded when it was first fetched. */
export async function expectedSum(
  vendor: Vendor,
  version: string,
  store: Store,
): Promise<{ readonly sha256: string; readonly said: string } | undefined> {
  const demanded = await demandedSum(store.folders, namesOf(vendor, version), store.files);
  if (demanded !== undefined) return demanded;
  const said = `${cachedFile(vendor, version, store)}.sha256`;
  const sha256 = (await store.files.read(said))?.trim();
  return sha256 && /^[0-9a-f]{64}$/.test(sha256) ? { sha256, said } : undefined;
}

export function cachedFile(vendor: Vendor, version: string, store: Pick<Store, 'cache'>): string {
  return path.join(store.cache, vendor.archive(version));
}

/**
 * The archive of a version as far as it is on this machine: the user's own first, then the cache.
 *
 * @throws NetmapError `checksum-mismatch` (exit 4) for a file of the user's that is not what SHA256SUMS beside it says, and
 *   as `unpackTree`
 */
export async function archiveHere(
  vendor: Vendor,
  version: string,
  store: Store,
): Promise<Archive | undefined> {
  const own = await inFolders(vendor, version, store);
  if (own !== undefined) {
    const demanded = await demandedSum(store.folders, namesOf(vendor, version), store.files);
    const sha256 = await sha256Of(own, store.files);
    if (demanded !== undefined && demanded.sha256 !== sha256) throw wrongSum(own, sha256, demanded);
    const tree = await unpackTree(vendor, version, { file: own, sha256 }, store);
    return { file: own, sha256, from: 'folder', ...(demanded && { checkedBy: demanded.said }), tree };
  }
  const file = cachedFile(vendor, version, store);
  const expected = await expectedSum(vendor, version, store);
  if (expected === undefined || !(await store.files.exists(file))) return undefined;
  const sha256 = await sha256Of(file, store.files);
  // Damaged, or of before the user said what it has to be: it is fetched again.
  if (sha256 !== expected.sha256) return undefined;
  const tree = await unpackTree(vendor, version, { file, sha256 }, store);
  return { file, sha256, from: 'cache', checkedBy: expected.said, tree };
}

function wrongSum(file: string, sha256: string, demanded: { sha256: string; said: string }): NetmapError {
  return new NetmapError({
    code: 'checksum-mismatch',
    what: `${file} is not the archive it should be`,
    why: `its SHA-256 is ${sha256}, and ${demanded.said} says ${demanded.sha256}`,
    mend: `rm ${file}, and get it again from where you trust it`,
    exitCode: exitCodes.fetchFailed,
  });
}

/** Place of the unpacked sources; named by content, so that another archive never meets old files. */
export function treeOf(vendor: Vendor, version: string, sha256: string, store: Pick<Store, 'cache'>): string {
  return path.join(store.cache, 'unpacked', `${vendor.driver}-${version}-${sha256.slice(0, 16)}`);
}

/**
 * Unpacks an archive once; a folder that is there is complete.
 * @throws NetmapError `archive-refused` (exit 4)
 */
export async function unpackTree(
  vendor: Vendor,
  version: string,
  { file, sha256 }: Pick<Archive, 'file' | 'sha256'>,
  store: Store,
): Promise<string> {
  const tree = treeOf(vendor, version, sha256, store);
  return withLock(
    `${tree}.lock`,
    async () => {
      if (!(await store.files.isDirectory(tree))) await unpackNew(vendor, version, file, tree, store);
      return tree;
    },
    store.signal,
  );
}

async function unpackNew(
  vendor: Vendor,
  version: string,
  file: string,
  tree: string,
  { files, signal }: Store,
): Promise<void> {
  // Fixed names: the lock keeps others out, and what a killed run left is found and removed.
  const aside = `${tree}.new`;
  const inner = `${tree}.inner`;
  await files.remove(aside);
  await files.remove(inner);
  try {
    if (vendor.kind === 'file') {
      await files.makeDirectory(aside);
      await files.copy(file, path.join(aside, vendor.keyFile));
    } else if (vendor.nested === undefined) {
      await unpackArchive(file, aside, files, signal);
    } else {
      await unpackArchive(file, inner, files, signal);
      const nested = vendor.nested(version);
      const state = await files.stat(path.join(inner, nested)).catch(() => undefined);
      if (!state?.isFile()) throw notTheDriver(vendor, version, file, nested);
      await unpackArchive(path.join(inner, nested), aside, files, signal);
    }
    const key = path.join(vendor.below, vendor.keyFile);
    if (!(await files.exists(path.join(aside, key)))) throw notTheDriver(vendor, version, file, key);
    await files.rename(aside, tree);
  } finally {
    await files.remove(aside);
    await files.remove(inner);
  }
}

function notTheDriver(vendor: Vendor, version: string, file: string, missing: string): NetmapError {
  return new NetmapError({
    code: 'archive-refused',
    what: `cannot use the archive ${file}`,
    why: `there is no ${missing} in it: it does not hold ${vendor.driver} ${version}`,
    mend: 'get the archive of that driver and version, or choose another version with --select-version',
    exitCode: exitCodes.fetchFailed,
  });
}
