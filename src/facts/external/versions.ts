import path from 'node:path';
import type { Files } from '../../core/files.js';
import { patchName, type Vendor } from './vendors.js';

/** Compares `5.3.5.10` and `5.3.5.4` by number, part by part; what is no number sorts by its letters. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split(/[.-]/), b.split(/[.-]/)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [x = '', y = ''] = [left[at], right[at]];
    const numbers = Number(x || -1) - Number(y || -1);
    const order = Number.isNaN(numbers) ? x.localeCompare(y) : numbers;
    if (order !== 0) return order;
  }
  return 0;
}

/** A version of a driver that a netmap patch exists for. */
export interface PatchedVersion {
  readonly version: string;
  /** File name of the patch, and the folder it is in. */
  readonly patch: string;
  readonly directory: string;
}

/**
 * The versions of a driver that the folders hold patches for, newest first; of the same version the first folder's
 * counts. For mlx5 these are versions as patch names write them (`5.8`), which hold for all that start so.
 */
export async function patchedVersions(
  vendor: Vendor,
  directories: readonly string[],
  files: Pick<Files, 'list'>,
): Promise<PatchedVersion[]> {
  const prefix = `${vendor.scheme}--${vendor.driver}--`;
  const found = new Map<string, PatchedVersion>();
  for (const directory of directories) {
    for (const patch of await files.list(directory)) {
      const version = patch.startsWith(prefix) ? patch.slice(prefix.length) : '';
      if (!/^\w[\w.-]*$/.test(version) || version.includes('--') || found.has(version)) continue;
      found.set(version, { version, patch, directory });
    }
  }
  return [...found.values()].sort((a, b) => compareVersions(b.version, a.version));
}

/** The patch of one version. */
export function patchOfVersion(
  vendor: Vendor,
  version: string,
  patched: readonly PatchedVersion[],
): PatchedVersion | undefined {
  const name = patchName(vendor, version);
  return patched.find(({ patch }) => patch === name);
}

/** File of a patch. */
export function patchFile({ directory, patch }: PatchedVersion): string {
  return path.join(directory, patch);
}

/**
 * The version to build: the one that was asked for; else the default one, when there is a patch for it; else the newest
 * that there is a patch for. Undefined when nothing was asked for and no patch is there.
 */
export function chooseVersion(
  vendor: Vendor,
  asked: string | undefined,
  patched: readonly PatchedVersion[],
): string | undefined {
  if (asked !== undefined) return asked;
  if (patchOfVersion(vendor, vendor.version, patched) !== undefined) return vendor.version;
  // A patch version of mlx5 is only the start of the vendor's: which release it is cannot be guessed.
  return vendor.scheme === 'mellanox' ? undefined : patched[0]?.version;
}
