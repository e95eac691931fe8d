import type { Manifest } from '../../facts/drivers/manifest.js';
import { indexSource, type SourceFile } from '../source/functions.js';
import { checkCensus } from './census.js';
import { insertHooks, removeHooks } from './insert.js';
import { type Placement, placeHook } from './place.js';
import { type Refusal, refusal } from './refusal.js';

/** The driver's files that hooks go into: name relative to the driver, and content. */
export type DriverFiles = ReadonlyMap<string, string>;

export interface PortPlan {
  readonly driver: string;
  readonly placements: readonly Placement[];
  /** Hooks that are optional and have no place here. */
  readonly skipped: readonly Refusal[];
  /** Not empty: nothing may be written. */
  readonly refusals: readonly Refusal[];
  /** The sources carry every hook in its right place: there is nothing to do. */
  readonly already: boolean;
  /** New content of the changed files; empty when refused or already ported. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Places all hooks of a driver, fail closed: one refusal and nothing is changed. Pure: the same input gives the
 * same plan, and a plan made from its own result is `already`.
 */
export function planPort(manifest: Manifest, files: DriverFiles): PortPlan {
  const clean = stripHooks(manifest, files);
  if (clean === undefined) return place(manifest, files);
  // Netmap is in the sources. They are ported if porting the stripped sources gives exactly them.
  const plan = place(manifest, clean);
  const same =
    plan.refusals.length === 0 && [...files].every(([name, text]) => (plan.files.get(name) ?? text) === text);
  if (same) return { ...plan, already: true, files: new Map() };
  return refused(manifest, plan.placements, [
    ...plan.refusals,
    refusal(
      { hook: '-', role: 'other', file: manifest.keyFile, manifest: 'hooks' },
      'already-ported',
      'the sources contain netmap hooks that these rules did not place',
      { lines: netmapLines(files.get(manifest.keyFile) ?? '') },
    ),
  ]);
}

function refused(
  manifest: Manifest,
  placements: readonly Placement[],
  refusals: readonly Refusal[],
  skipped: readonly Refusal[] = [],
): PortPlan {
  return { driver: manifest.name, placements, skipped, refusals, already: false, files: new Map() };
}

function place(manifest: Manifest, files: DriverFiles): PortPlan {
  const sources = new Map<string, SourceFile>();
  const refusals: Refusal[] = [];
  for (const name of manifest.files) {
    const text = files.get(name);
    const base = { hook: '-', role: 'other' as const, file: name, manifest: 'files' };
    if (text === undefined) {
      refusals.push(refusal(base, 'file-missing', `the driver has no file ${name}`));
      continue;
    }
    const source = indexSource(name, text);
    for (const { line, what } of source.defects)
      refusals.push(
        refusal(base, 'file-unreadable', `${name} cannot be read as C: ${what}`, { lines: [line] }),
      );
    sources.set(name, source);
  }
  if (refusals.length > 0) return refused(manifest, [], refusals);

  const placements: Placement[] = [];
  const skipped: Refusal[] = [];
  manifest.hooks.forEach((hook, index) => {
    const result = placeHook(sources.get(hook.file) as SourceFile, hook, index);
    if ('placement' in result) placements.push(result.placement);
    else if (hook.required) refusals.push(result.refusal);
    else skipped.push(result.refusal);
  });
  for (const source of sources.values()) refusals.push(...checkCensus(source, manifest));
  refusals.push(...checkIncludes(manifest, placements));
  if (refusals.length > 0) return refused(manifest, placements, refusals, skipped);

  const changed = new Map<string, string>();
  for (const [name, source] of sources) {
    const own = placements.filter(({ file }) => file === name);
    if (own.length > 0) changed.set(name, insertHooks(source.text, own));
  }
  return { driver: manifest.name, placements, skipped, refusals: [], already: false, files: changed };
}

/** A hook above the include that defines DEV_NETMAP would be compiled out without a word. */
function checkIncludes(manifest: Manifest, placements: readonly Placement[]): Refusal[] {
  return manifest.hooks.flatMap((hook, index) => {
    const include = placements.find(({ hook: id }) => id === hook.id);
    if (hook.role !== 'include' || include === undefined) return [];
    const above = placements.filter(({ file, line }) => file === include.file && line < include.line);
    if (above.length === 0) return [];
    return [
      refusal(
        { hook: hook.id, role: hook.role, file: hook.file, manifest: `hooks[${index}].functions` },
        'include-below-hook',
        `the include at line ${include.line} is below ${above.map(({ hook: id }) => id).join(', ')}`,
        { lines: above.map(({ line }) => line) },
      ),
    ];
  });
}

const netmapWord = /\b(DEV_NETMAP|CONFIG_NETMAP\w*|netmap_\w+|\w+_netmap(_\w+)?)\b/;

function netmapLines(text: string): number[] {
  return text.split('\n').flatMap((line, index) => (netmapWord.test(line) ? [index + 1] : []));
}

/** The files without any hook text of the manifest, or nothing when no file mentions netmap. */
function stripHooks(manifest: Manifest, files: DriverFiles): Map<string, string> | undefined {
  const named = manifest.files.filter((name) => netmapWord.test(files.get(name) ?? ''));
  if (named.length === 0) return undefined;
  const result = new Map(files);
  for (const name of named) {
    const texts = manifest.hooks
      .filter(({ file }) => file === name)
      .flatMap(({ text, variants }) => (text === undefined ? (variants ?? []).map((v) => v.text) : [text]))
      .map((text) => (text.endsWith('\n') ? text : `${text}\n`));
    result.set(name, removeHooks(files.get(name) ?? '', texts));
  }
  return result;
}
