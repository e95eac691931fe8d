import type { ExpectedReference, Manifest } from '../drivers/manifest.js';
import type { Reference } from './elf.js';

export interface ReferenceProof {
  readonly expected: ExpectedReference;
  /** The references found in the functions that the manifest names. */
  readonly found: readonly Reference[];
  readonly ok: boolean;
}

/**
 * What a clean compile does not show: that every hook is in the code. Compares the relocations of the ported
 * object with the manifest, and requires that the unmodified object has none of them.
 */
export function proveObjects(
  manifest: Manifest,
  ported: ReadonlyMap<string, readonly Reference[]>,
  vanilla: ReadonlyMap<string, readonly Reference[]>,
): ReferenceProof[] {
  return manifest.expectRefs.map((expected) => {
    const all = (ported.get(expected.object) ?? []).filter(({ symbol }) => symbol === expected.symbol);
    const found = all.filter(({ from }) => expected.functions.includes(from));
    const before = (vanilla.get(expected.object) ?? []).some(({ symbol }) => symbol === expected.symbol);
    return { expected, found, ok: found.length >= expected.atLeast && !before };
  });
}

/** Netmap references from functions that no expectation names: a hook that went somewhere else. */
export function strayReferences(
  manifest: Manifest,
  ported: ReadonlyMap<string, readonly Reference[]>,
): Reference[] {
  return [...ported].flatMap(([object, references]) =>
    references.filter(
      ({ from, symbol }) =>
        manifest.expectRefs.some((expected) => expected.object === object && expected.symbol === symbol) &&
        !manifest.expectRefs.some(
          (expected) =>
            expected.object === object && expected.symbol === symbol && expected.functions.includes(from),
        ),
    ),
  );
}

export function describeProof({ expected, found, ok }: ReferenceProof): string {
  const where = [...new Set(found.map(({ from }) => from))].join(', ') || 'nowhere';
  const count = `${found.length} of at least ${expected.atLeast}`;
  return `${ok ? 'proved' : 'MISSING'} ${expected.symbol} in ${expected.object}: ${count}, from ${where}`;
}
