import type { ExpectedReference, Manifest } from '../../facts/drivers/manifest.js';
import type { Placement } from '../place/place.js';
import { indexSource, type SourceFile } from '../source/functions.js';
import { callsIn } from '../source/scope.js';
import { lex } from '../source/tokens.js';
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

/** One hook, and the call in the object code that shows that it is there. */
export interface HookProof {
  readonly hook: string;
  readonly function: string;
  readonly symbols: readonly string[];
  readonly ok: boolean;
}

/**
 * Compiler flags for a second compilation in which functions stay what they are in the source: every function in
 * a section of its own, so that each call leaves a relocation, and none merged into its caller. Functions that
 * the source itself declares `inline` still are.
 */
export const proofFlags: readonly string[] = [
  '-ffunction-sections',
  '-fno-inline-functions-called-once',
  '-fno-inline-small-functions',
  '-fno-inline-functions',
  '-fno-early-inlining',
  '-fno-partial-inlining',
  '-fno-ipa-cp',
  '-fno-ipa-sra',
  '-fno-ipa-icf',
  '-fno-ipa-pure-const',
];

/** Macros of the driver API that call a function of another name. */
const callsOfMacros: Record<string, string> = { netmap_tx_irq: 'netmap_rx_irq' };

/** Calls in a hook's text: what a relocation from its function must refer to. */
export function callsOfHook(text: string): string[] {
  const { tokens } = lex(text);
  return tokens.flatMap((token, at) => {
    const call =
      token.kind === 'word' &&
      tokens[at + 1]?.text === '(' &&
      !/^(if|while|for|switch|sizeof|return)$/.test(token.text);
    return call ? [callsOfMacros[token.text] ?? token.text] : [];
  });
}

/**
 * Every hook but the includes, looked up in the object that was compiled with `proofFlags`. A function that the
 * source declares `inline` is not in the object: there its callers count.
 *
 * @param files the ported files by name relative to the driver
 */
export function proveHooks(
  placements: readonly Placement[],
  references: ReadonlyMap<string, readonly Reference[]>,
  files: ReadonlyMap<string, string>,
): HookProof[] {
  return placements
    .filter(({ role }) => role !== 'include')
    .map(({ hook, function: name, file, text }) => {
      const symbols = callsOfHook(text);
      const all = references.get(file.replace(/\.c$/, '.o')) ?? [];
      const where = new Set(inObject(name, all, indexSource(file, files.get(file) ?? '')));
      const ok = all.some(({ from, symbol }) => where.has(from) && symbols.includes(symbol));
      return { hook, function: name, symbols, ok };
    });
}

/** The function itself, or when it was inlined, the functions of the object that it went into. */
function inObject(
  name: string,
  references: readonly Reference[],
  source: SourceFile,
  seen: readonly string[] = [],
): string[] {
  const fn = source.functions.find((one) => one.name === name);
  const inline =
    fn !== undefined &&
    source.tokens
      .slice(fn.start, fn.open)
      .some(({ text }) => /^(__)?(inline|always_inline)(__)?$/.test(text));
  if (!inline || seen.includes(name) || references.some(({ from }) => from === name)) return [name];
  return source.functions
    .filter(({ open, close }) => callsIn(source, open, close).some(({ text }) => text === name))
    .flatMap((caller) => inObject(caller.name, references, source, [...seen, name]));
}

export function describeHookProof({ hook, function: name, symbols, ok }: HookProof): string {
  return `${ok ? 'proved' : 'MISSING'} ${hook}: ${name} ${ok ? 'calls' : 'does not call'} ${symbols.join(' or ')}`;
}
