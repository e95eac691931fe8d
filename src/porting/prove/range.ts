import { applyPatch, parsePatch } from 'diff';
import { defined } from '../../core/defined.js';
import type { Manifest } from '../../facts/drivers/manifest.js';
import type { KernelVersion } from '../../facts/kernel-tree/version.js';
import { checkFit } from '../../facts/patches/fit.js';
import { pathInPatch, seriesOf } from '../place/emit.js';

/** A kernel's driver, pristine and ported, and the patch between the two. */
export interface PortedTree {
  readonly version: KernelVersion;
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, string>;
  readonly patch: string;
}

/** One patch and the consecutive kernels for which it gives exactly what the rules give. */
export interface CoveredRange {
  readonly from: KernelVersion;
  readonly to: KernelVersion;
  readonly patch: string;
  readonly covers: readonly KernelVersion[];
  /** The kernel that the patch was made from: for it no hunk is displaced. */
  readonly madeFrom: KernelVersion;
}

/** Whether a patch fits a kernel without fuzz, in unique places, with exactly the planned result. */
export function patchGives(manifest: Manifest, patch: string, tree: Omit<PortedTree, 'patch'>): boolean {
  const byPath = new Map(
    [...tree.before].map(([name, text]) => [pathInPatch(manifest, name), { name, text }]),
  );
  if (!checkFit(patch, (file) => byPath.get(file)?.text).fits) return false;
  const result = new Map(tree.before);
  for (const part of parsePatch(patch)) {
    const source = byPath.get((part.oldFileName ?? '').split('/').slice(1).join('/'));
    const text = source === undefined ? false : applyPatch(source.text, part, { fuzzFactor: 0 });
    if (source === undefined || text === false) return false;
    result.set(source.name, text);
  }
  return [...result].every(([name, text]) => text === (tree.after.get(name) ?? tree.before.get(name)));
}

/**
 * The fewest patches for a set of kernels, oldest first. Each range runs from the series of the first kernel it
 * covers to the end of the series of the last one; kernels in between that were not given are not vouched for,
 * which is harmless because a patch is chosen by whether it fits.
 */
export function mergeRanges(manifest: Manifest, trees: readonly PortedTree[]): CoveredRange[] {
  const sorted = [...trees].sort(
    (a, b) => a.version.code - b.version.code || a.version.patch - b.version.patch,
  );
  const ranges: CoveredRange[] = [];
  for (let start = 0; start < sorted.length; ) {
    let best = { length: 0, from: defined(sorted[start]) };
    for (const candidate of sorted.slice(start)) {
      const rest = sorted.slice(start);
      const broken = rest.findIndex((tree) => !patchGives(manifest, candidate.patch, tree));
      const length = broken < 0 ? rest.length : broken;
      if (length > best.length) best = { length, from: candidate };
    }
    const covered = sorted.slice(start, start + Math.max(1, best.length));
    ranges.push({
      from: seriesOf(defined(covered[0]).version).from,
      to: seriesOf(defined(covered.at(-1)).version).to,
      patch: best.from.patch,
      covers: covered.map(({ version }) => version),
      madeFrom: best.from.version,
    });
    start += covered.length;
  }
  return ranges;
}
