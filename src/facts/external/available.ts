import path from 'node:path';
import { cachedFile, inFolders, type Store } from './store.js';
import { patchName, type Vendor } from './vendors.js';
import { compareVersions, type PatchedVersion, patchOfVersion } from './versions.js';

/** One version of a driver, and what of it is on this machine. */
export interface Available {
  readonly version: string;
  /** Taken when no other is asked for. */
  readonly chosen: boolean;
  readonly patch: string | null;
  /** File of the archive. */
  readonly archive: string | null;
}

/** Versions that a folder has archives of, told by the archives' names. */
async function versionsIn(folder: string, vendor: Vendor, store: Store): Promise<string[]> {
  const stored = vendor.archive('\n');
  const below = path.dirname(stored);
  const [head = '', tail] = path.basename(stored).split('\n');
  if (tail === undefined) return [];
  return (await store.files.list(path.join(folder, below)))
    .filter((name) => name.startsWith(head) && name.endsWith(tail))
    .map((name) => name.slice(head.length, name.length - tail.length))
    .filter((version) => /^\d[\w.-]*$/.test(version));
}

/** The versions of a driver that there is a patch or an archive of, newest first. */
export async function availableVersions(
  vendor: Vendor,
  chosen: string,
  patched: readonly PatchedVersion[],
  store: Store,
): Promise<Available[]> {
  const found = new Set([chosen]);
  if (vendor.patchVersion(chosen) === chosen) for (const { version } of patched) found.add(version);
  for (const folder of [...store.folders, store.cache]) {
    for (const version of await versionsIn(folder, vendor, store)) found.add(version);
  }
  const rows: Available[] = [];
  for (const version of [...found].sort((a, b) => compareVersions(b, a))) {
    const cached = cachedFile(vendor, version, store);
    const archive =
      (await inFolders(vendor, version, store)) ?? ((await store.files.exists(cached)) ? cached : null);
    const patch = patchOfVersion(vendor, version, patched) === undefined ? null : patchName(vendor, version);
    rows.push({ version, chosen: version === chosen, patch, archive });
  }
  return rows;
}
