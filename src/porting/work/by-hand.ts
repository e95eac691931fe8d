import type { Hook, Manifest } from '../../facts/drivers/manifest.js';
import { removeHooks } from '../place/insert.js';
import type { Placement } from '../place/place.js';
import type { PortPlan } from '../place/plan.js';
import { type Refusal, refusal } from '../place/refusal.js';
import { indexSource, type SourceFile, signatureTokens, spell } from '../source/functions.js';

type Texts = ReadonlyMap<string, string>;

/**
 * Reads the places of hooks out of files that a person edited. The text of each hook is still the manifest's, and
 * everything else must be as it was; where the hooks are is the person's choice, so each is marked for review.
 *
 * @param before the driver's files, unchanged
 * @param edited the same files with hooks in them
 */
export function planByHand(manifest: Manifest, before: Texts, edited: Texts): PortPlan {
  const placements: Placement[] = [];
  const refusals: Refusal[] = [];
  for (const name of manifest.files) {
    const own = manifest.hooks.filter(({ file }) => file === name);
    const pristine = before.get(name) ?? '';
    const text = edited.get(name) ?? '';
    const changed = firstChange(pristine, removeHooks(text, own.flatMap(textsOf)));
    if (changed !== undefined) {
      const what = `line ${changed} of ${name} differs from the kernel's in more than hooks`;
      refusals.push(
        refusal({ hook: '-', role: 'other', file: name, manifest: 'hooks' }, 'already-ported', what, {
          lines: [changed],
        }),
      );
      continue;
    }
    const source = indexSource(name, pristine);
    for (const hook of own) {
      const index = manifest.hooks.indexOf(hook);
      const result = locate(source, hook, own, text, index);
      if ('placement' in result) placements.push(result.placement);
      else if (hook.required) refusals.push(result.refusal);
    }
  }
  const ordered = manifest.hooks.flatMap(({ id }) => placements.find(({ hook }) => hook === id) ?? []);
  const files =
    refusals.length > 0
      ? new Map<string, string>()
      : new Map(manifest.files.map((name) => [name, edited.get(name) ?? '']));
  return { driver: manifest.name, placements: ordered, skipped: [], refusals, already: false, files };
}

function textsOf(hook: Hook): string[] {
  const texts = hook.text === undefined ? (hook.variants ?? []).map(({ text }) => text) : [hook.text];
  return [...new Set(texts.map((text) => (text.endsWith('\n') ? text : `${text}\n`)))];
}

function firstChange(a: string, b: string): number | undefined {
  if (a === b) return undefined;
  const left = a.split('\n');
  const right = b.split('\n');
  return left.findIndex((line, index) => line !== right[index]) + 1 || right.length;
}

function locate(
  source: SourceFile,
  hook: Hook,
  all: readonly Hook[],
  edited: string,
  index: number,
): { placement: Placement } | { refusal: Refusal } {
  const base = { hook: hook.id, role: hook.role, file: source.name, manifest: `hooks[${index}]` };
  const hits = textsOf(hook).flatMap((text) => {
    const parts = `\n${edited}`.split(`\n${text}`);
    return parts.slice(0, -1).map((_, at) => ({
      text,
      above: parts
        .slice(0, at + 1)
        .join(`\n${text}`)
        .slice(1),
    }));
  });
  const [hit] = hits;
  if (hit === undefined)
    return { refusal: refusal(base, 'no-match', `the text of ${hook.id} is not in ${source.name}`) };
  if (hits.length > 1)
    return {
      refusal: refusal(base, 'ambiguous', `the text of ${hook.id} is ${hits.length} times in ${source.name}`),
    };
  const above = removeHooks(hit.above === '' ? '' : `${hit.above}\n`, all.flatMap(textsOf));
  const line = above === '' ? 1 : above.split('\n').length;
  const fn = source.functions.find((one) => one.line < line && line <= one.endLine);
  const branch = source.branches[line]?.at(-1);
  if (branch !== undefined)
    return {
      refusal: refusal(base, 'inside-if', `the text of ${hook.id} is inside ${branch.text}`, {
        lines: [line],
      }),
    };
  if (hook.at.place !== 'before-function' && fn === undefined)
    return {
      refusal: refusal(base, 'no-match', `the text of ${hook.id} is outside of every function`, {
        lines: [line],
      }),
    };
  const strange =
    fn !== undefined && !hook.functions.includes(fn.name)
      ? `, in ${fn.name}, which the rules do not name`
      : '';
  return {
    placement: {
      hook: hook.id,
      role: hook.role,
      file: hook.file,
      function: fn?.name ?? '(file scope)',
      signature: fn === undefined ? '' : spell(signatureTokens(source, fn)),
      line,
      text: hit.text,
      why: 'where a person put it',
      review: `placed by hand${strange}`,
    },
  };
}
