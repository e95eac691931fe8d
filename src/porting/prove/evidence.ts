import { parsePatch } from 'diff';
import { defined } from '../../core/defined.js';
import type { Hook, Manifest } from '../../facts/drivers/manifest.js';
import type { PortPlan } from '../place/plan.js';
import type { Refusal } from '../place/refusal.js';
import { type CFunction, indexSource, type SourceFile } from '../source/functions.js';
import { similarNames } from '../source/pattern.js';

/** A patch that ports the driver to some other kernel. */
export interface EarlierPatch {
  readonly file: string;
  readonly text: string;
}

/** What helps to mend the rule of a refused hook: where the hook stood, and what is there today. */
export interface Evidence {
  readonly hook: string;
  /** The hunk of an earlier patch that holds the hook: lines with ` ` or `+` in front. */
  readonly old?: { readonly patch: string; readonly header: string; readonly lines: readonly string[] };
  /** The hook's function in these sources; `instead` when it is gone and this is the likeliest one. */
  readonly now?: {
    readonly function: string;
    readonly instead: boolean;
    /** Line number of the first of `lines`. */
    readonly line: number;
    readonly lines: readonly string[];
  };
}

/**
 * The evidence for every refusal that is about a hook. Pure.
 *
 * @param earlier patches in the order in which they are worth looking at, nearest kernel first
 */
export function collectEvidence(
  manifest: Manifest,
  refusals: PortPlan['refusals'],
  files: ReadonlyMap<string, string>,
  earlier: readonly EarlierPatch[],
): Evidence[] {
  return refusals.flatMap((refusal) => {
    const hook = manifest.hooks.find(({ id }) => id === refusal.hook);
    if (hook === undefined) return [];
    const old = oldContext(hook, earlier);
    const now = functionNow(hook, refusal, files, old?.lines ?? []);
    return [{ hook: hook.id, ...(old === undefined ? {} : { old }), ...(now === undefined ? {} : { now }) }];
  });
}

function oldContext(hook: Hook, earlier: readonly EarlierPatch[]): Evidence['old'] {
  const texts = hook.text === undefined ? (hook.variants ?? []).map(({ text }) => text) : [hook.text];
  const wanted = texts.map(squeeze);
  for (const { file, text } of earlier)
    for (const hunk of hunksOf(text)) {
      const added = squeeze(
        hunk.lines
          .filter((line) => line.startsWith('+'))
          .map((line) => line.slice(1))
          .join('\n'),
      );
      if (wanted.some((one) => added.includes(one)))
        return { patch: file, header: `@@ -${hunk.oldStart} +${hunk.newStart} @@`, lines: hunk.lines };
    }
  return undefined;
}

function hunksOf(text: string) {
  try {
    return parsePatch(text).flatMap(({ hunks }) => hunks);
  } catch {
    // A file of another kind in the folder of patches; `audit` names it.
    return [];
  }
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function functionNow(
  hook: Hook,
  refusal: Refusal,
  files: ReadonlyMap<string, string>,
  oldLines: readonly string[],
): Evidence['now'] {
  const text = files.get(hook.file);
  if (text === undefined) return undefined;
  const source = indexSource(hook.file, text);
  const lines = text.split('\n');
  const own = source.functions.find(({ name }) => hook.functions.includes(name));
  const fn = own ?? sameContext(source, lines, oldLines) ?? mostSimilar(source, hook, refusal);
  if (fn === undefined) return undefined;
  return {
    function: fn.name,
    instead: own === undefined,
    line: fn.line,
    lines: lines.slice(fn.line - 1, fn.endLine),
  };
}

/** A function that was renamed still has the lines that stood around the hook. */
function sameContext(
  source: SourceFile,
  lines: readonly string[],
  oldLines: readonly string[],
): CFunction | undefined {
  const context = oldLines.filter((line) => line.startsWith(' ')).map(squeeze);
  const wanted = context.filter((line) => line.length > 5);
  const [best] = source.functions
    .map((fn) => {
      const body = new Set(lines.slice(fn.line - 1, fn.endLine).map(squeeze));
      return { fn, found: wanted.filter((line) => body.has(line)).length };
    })
    .sort((a, b) => b.found - a.found);
  return best !== undefined && best.found > wanted.length / 2 ? best.fn : undefined;
}

function mostSimilar(source: SourceFile, hook: Hook, refusal: Refusal): CFunction | undefined {
  const [name] =
    refusal.similar.length > 0
      ? refusal.similar
      : similarNames(
          defined(hook.functions[0]),
          source.functions.map((one) => one.name),
        );
  return source.functions.find((one) => one.name === name);
}

const LONGEST = 60;

/** For the terminal: the old hunk, then the function as it is now, cut around the best candidate. */
export function evidenceText({ old, now }: Evidence, refusal: Refusal): string[] {
  return [
    ...(old === undefined
      ? ['  before: no earlier patch of this driver holds the hook']
      : [`  before, in ${old.patch} ${old.header}:`, ...old.lines.map((line) => `      ${line}`)]),
    ...(now === undefined ? [] : functionText(now, refusal)),
  ];
}

function functionText(now: NonNullable<Evidence['now']>, refusal: Refusal): string[] {
  const last = now.line + now.lines.length - 1;
  const centre =
    refusal.candidates.find(({ line }) => line >= now.line && line <= last)?.line ??
    refusal.lines.find((line) => line >= now.line && line <= last) ??
    now.line;
  const from = Math.max(now.line, Math.min(centre - LONGEST / 2, last - LONGEST + 1));
  const shown = now.lines.slice(from - now.line, from - now.line + LONGEST);
  const hidden = now.lines.length - shown.length;
  return [
    `  now, ${now.instead ? 'in the likeliest function, ' : 'in '}${now.function}:`,
    ...shown.map((line, index) => `${String(from + index).padStart(6)}  ${line}`),
    ...(hidden === 0 ? [] : [`      ... ${hidden} more lines: see --report or --explain ${refusal.hook}`]),
  ];
}
