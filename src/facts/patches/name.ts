import { codeFromHex, dottedFromCode } from '../kernel-tree/version.js';

/** A file of final-patches for an in-tree driver: `vanilla--<driver>--<from>--<to>`. */
export interface PatchName {
  readonly file: string;
  readonly driver: string;
  /** First version code the patch was made for. */
  readonly from: number;
  /** First version code behind the range; Infinity when it is open. */
  readonly to: number;
}

/** Undefined for files of another scheme and for ranges that are not hexadecimal or are empty. */
export function parsePatchName(file: string): PatchName | undefined {
  const parts = file.split('--');
  const [scheme, driver, low, high] = parts;
  if (parts.length !== 4 || scheme !== 'vanilla' || !driver) return undefined;
  const from = codeFromHex(low ?? '');
  const to = codeFromHex(high ?? '');
  if (from === undefined || to === undefined || from >= to) return undefined;
  return { file, driver, from, to };
}

export function describeRange(name: PatchName): string {
  return `${dottedFromCode(name.from)} up to ${Number.isFinite(name.to) ? dottedFromCode(name.to) : 'any newer'}`;
}

/** How far a version code lies from a patch's range; 0 inside it. */
function distance(name: PatchName, code: number): number {
  if (code < name.from) return name.from - code;
  return code < name.to ? 0 : code - name.to + 1;
}

/**
 * The patches of a driver in the order in which to try them: ranges that contain the version first (the
 * narrowest start first), then their neighbours by distance. The number only orders; fitting decides.
 */
export function orderCandidates(files: readonly string[], driver: string, code: number): PatchName[] {
  return files
    .map(parsePatchName)
    .filter((name): name is PatchName => name?.driver === driver)
    .sort((a, b) => distance(a, code) - distance(b, code) || b.from - a.from || a.file.localeCompare(b.file));
}
