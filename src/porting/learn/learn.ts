import { parsePatch, type StructuredPatch } from 'diff';
import { exitCodes, NetmapError } from '../../core/errors.js';
import { type Hook, hookSchema, type Manifest, manifestSchema } from '../../facts/drivers/manifest.js';
import { planPort } from '../place/plan.js';
import { callsOfHook } from '../prove/object-proof.js';
import { type CFunction, indexSource, type SourceFile, signatureTokens, spell } from '../source/functions.js';
import { callsIn, locals, parameters } from '../source/scope.js';
import { type Anchor, type Body, parseBody, UnreadableBody } from '../source/statements.js';
import { lex } from '../source/tokens.js';

/** What must be known about the driver beside the patch. */
export type DriverFacts = Pick<Manifest, 'name' | 'path' | 'kind' | 'keyFile' | 'kconfig' | 'module'>;

interface AddedRun {
  readonly file: string;
  /** Line of the pristine file in front of which the text was added. */
  readonly line: number;
  readonly text: string;
}

/**
 * Derives rules from an existing patch and the sources that it was made for, and checks that they give the same
 * port: placed by the rules, every hook must be in the function, and between the statements, of the patch.
 *
 * @param files pristine files by name relative to the driver
 * @param nameOf file name of the driver for a path of the patch
 * @throws NetmapError `patch-not-learnable`
 */
export function learnManifest(
  patchText: string,
  facts: DriverFacts,
  files: ReadonlyMap<string, string>,
  nameOf: (path: string) => string,
): Manifest {
  const runs = parsePatch(patchText).flatMap((part) => addedRuns(part, nameOf));
  if (runs.length === 0) throw unlearnable('it adds nothing');
  const names = [...new Set(runs.map(({ file }) => file))];
  const sources = new Map(names.map((name) => [name, indexSource(name, files.get(name) ?? '')]));
  const used = new Map<string, number>();
  const hooks = runs.map((run) => {
    const hook = learnHook(sources.get(run.file) as SourceFile, run);
    const count = (used.get(hook.id) ?? 0) + 1;
    used.set(hook.id, count);
    return count === 1 ? hook : { ...hook, id: `${hook.id}-${count}` };
  });
  const manifest = manifestSchema.parse({
    $schema: '../manifest.schema.json',
    ...facts,
    files: names,
    bridge: { headers: bridgeHeaders(runs) },
    device: { models: [], why: 'the manifest does not say yet what can run it' },
    hooks,
    expectRefs: expectations(hooks),
    waivers: waiversFor(hooks),
    notes: ['Learned from a patch. Read every hook, give order and census rules, and replace the waivers.'],
  });
  verifyLearned(manifest, runs, files);
  return manifest;
}

function unlearnable(
  why: string,
  mend = 'write the rule by hand: see drivers/realtek/manifest.json',
): NetmapError {
  return new NetmapError({
    code: 'patch-not-learnable',
    what: 'no rules can be derived from this patch',
    why,
    mend,
    exitCode: exitCodes.portRefused,
  });
}

function addedRuns(part: StructuredPatch, nameOf: (path: string) => string): AddedRun[] {
  const path = (part.oldFileName ?? '').replace(/^[^/]*\//, '');
  const file = nameOf(path);
  if (part.oldFileName === '/dev/null') throw unlearnable(`it adds the file ${part.newFileName}`);
  return part.hunks.flatMap((hunk) => {
    const runs: AddedRun[] = [];
    let line = hunk.oldStart;
    let added: string[] = [];
    const flush = (): void => {
      if (added.length > 0) runs.push({ file, line, text: `${added.join('\n')}\n` });
      added = [];
    };
    for (const entry of hunk.lines) {
      if (entry.startsWith('+')) added.push(entry.slice(1));
      else if (entry.startsWith('-'))
        throw unlearnable(
          `it removes line ${line} of ${path}: ${entry.slice(1).trim()}; rules only add hooks`,
        );
      else if (!entry.startsWith('\\')) {
        flush();
        line++;
      }
    }
    flush();
    return runs;
  });
}

function roleOf(text: string): Hook['role'] {
  if (/^\s*#\s*include/m.test(text)) return 'include';
  if (/\w*netmap_detach\s*\(/.test(text)) return 'detach';
  if (/\w*netmap_attach\s*\(/.test(text)) return 'attach';
  if (/netmap_tx_irq|netmap_\w*tx_clean/.test(text)) return 'tx-irq';
  if (/netmap_rx_irq/.test(text)) return 'rx-irq';
  if (/netmap_(enable|disable)_all_rings|netmap_reset/.test(text)) return 'ring-reset';
  if (/netmap\w*(_init|_configure|_buffers|_config|_fill)/.test(text)) return 'ring-init';
  return 'other';
}

function learnHook(source: SourceFile, run: AddedRun): Hook {
  const role = roleOf(run.text);
  const inside = source.functions.find(({ line, endLine }) => line < run.line && run.line <= endLine);
  if (inside === undefined) return atFileScope(source, run, role);
  const body = bodyOf(source, inside);
  const { at, token } = spotOf(source, inside, body, run);
  const words = new Set(lex(run.text).tokens.map(({ text }) => text));
  const visible = [...parameters(source, inside), ...locals(source, body, token)];
  const needs = visible.filter(({ name }) => words.has(name)).map(({ name, type }) => ({ name, type }));
  const returns = words.has('return');
  return hookSchema.parse({
    id: role === 'other' ? `in-${inside.name.replaceAll('_', '-').toLowerCase()}` : role,
    role,
    file: run.file,
    functions: [inside.name],
    at,
    needs,
    ...(returns
      ? { variants: [{ whenSignature: openSignature(source, inside), text: run.text }] }
      : { text: run.text }),
  });
}

function bodyOf(source: SourceFile, fn: CFunction): Body {
  try {
    return parseBody(source, fn);
  } catch (error) {
    if (error instanceof UnreadableBody) throw unlearnable(`${fn.name}: ${error.message}`);
    throw error;
  }
}

/** Return type and name; parameters may change, since what the hook uses of them is among its needs. */
function openSignature(source: SourceFile, fn: CFunction): string {
  const tokens = signatureTokens(source, fn);
  const open = tokens.findIndex(({ line, text }) => text === '(' && line >= 0);
  return `${spell(tokens.slice(0, open))}(...)`;
}

/** At file scope a hook goes above the next function: exact enough for includes and prototypes. */
function atFileScope(source: SourceFile, run: AddedRun, role: Hook['role']): Hook {
  const next = source.functions.find(({ line }) => line >= run.line);
  if (next === undefined) throw unlearnable(`line ${run.line} of ${run.file} is behind the last function`);
  return hookSchema.parse({
    id: role === 'other' ? `above-${next.name.replaceAll('_', '-').toLowerCase()}` : role,
    role,
    file: run.file,
    functions: [next.name],
    at: { place: 'before-function' },
    text: run.text.endsWith('\n\n') ? run.text : `${run.text}\n`,
  });
}

function spotOf(
  source: SourceFile,
  fn: CFunction,
  body: Body,
  run: AddedRun,
): { at: unknown; token: number } {
  const token = source.tokens.findIndex(({ line }) => line >= run.line);
  const ahead = body.anchors.find(({ start, inBlock }) => start === token && inBlock);
  const behind = body.anchors.find(({ wholeEnd, inBlock }) => wholeEnd === token && inBlock);
  const first = body.items.find(({ declaration }) => !declaration);
  if (first?.start === token) {
    const mayCall = [...new Set(callsIn(source, fn.open + 1, first.start).map(({ text }) => text))];
    return { at: { place: 'after-declarations', mayCall }, token };
  }
  const anchor = ahead ?? behind;
  if (anchor === undefined)
    throw unlearnable(`line ${run.line} of ${run.file}, in ${fn.name}, is not between two statements`);
  // Netmap must go before the interface does, whatever else is done on the way.
  if (
    roleOf(run.text) === 'detach' &&
    ahead !== undefined &&
    ahead.depth === 0 &&
    leavesKernel(source, ahead)
  )
    return { at: { place: 'before', anchor: spell(source.tokens.slice(ahead.start, ahead.end)) }, token };
  const pattern = ({ start, end }: Anchor): string => spell(source.tokens.slice(start, end));
  return {
    at: {
      place: 'between',
      ...(behind === undefined ? {} : { behind: pattern(behind) }),
      ...(ahead === undefined ? {} : { ahead: pattern(ahead) }),
      nested: anchor.depth > 0,
    },
    token,
  };
}

function leavesKernel(source: SourceFile, { start }: Anchor): boolean {
  return /^unregister_netdev/.test(source.tokens[start]?.text ?? '');
}

function bridgeHeaders(runs: readonly AddedRun[]): string[] {
  const headers = runs.flatMap(({ text }) =>
    [...text.matchAll(/#\s*include\s*[<"]([^>"]*)[>"]/g)].map((match) => match[1] ?? ''),
  );
  const bridge = headers.filter(
    (name) => /netmap/.test(name) && !/^(dev\/)?netmap\/|netmap_linux_config|^net\//.test(name),
  );
  if (bridge.length === 0) throw unlearnable('it includes no bridge header (#include <..._netmap....h>)');
  return [...new Set(bridge)];
}

/** Netmap's own functions that a hook calls directly must be in the object; others are in the bridge header. */
function expectations(hooks: readonly Hook[]): unknown[] {
  return hooks.flatMap((hook) => {
    const text = hook.text ?? hook.variants?.[0]?.text ?? '';
    return callsOfHook(text)
      .filter((symbol) => /^netmap_(attach|detach|rx_irq|reset)$/.test(symbol))
      .map((symbol) => ({
        object: hook.file.replace(/\.c$/, '.o'),
        symbol,
        functions: hook.functions,
        hooks: [hook.id],
      }));
  });
}

function waiversFor(hooks: readonly Hook[]): unknown[] {
  return (['include', 'attach', 'detach', 'ring-reset'] as const)
    .filter((role) => !hooks.some((hook) => hook.role === role))
    .map((role) => ({
      role,
      why: `learned from a patch without a hook of this role: find out whether the driver needs one`,
    }));
}

/** The rules must reproduce the port that they were learned from, up to the place of file-scope text. */
function verifyLearned(
  manifest: Manifest,
  runs: readonly AddedRun[],
  files: ReadonlyMap<string, string>,
): void {
  const plan = planPort(manifest, new Map(manifest.files.map((name) => [name, files.get(name) ?? ''])));
  const [refusal] = plan.refusals;
  if (refusal !== undefined)
    throw unlearnable(`the rule for ${refusal.hook} does not place it where it was: ${refusal.what}`);
  for (const [index, run] of runs.entries()) {
    const hook = manifest.hooks[index];
    const placement = plan.placements.find(({ hook: id }) => id === hook?.id);
    if (hook === undefined || placement === undefined || hook.at.place === 'before-function') continue;
    if (codeLine(files.get(run.file) ?? '', placement.line) !== codeLine(files.get(run.file) ?? '', run.line))
      throw unlearnable(
        `the rule for ${hook.id} places it at line ${placement.line}, the patch at line ${run.line}`,
      );
  }
}

/** First line from `line` on that holds code: hooks may stand above or below a comment or blank line. */
function codeLine(text: string, line: number): number {
  return lex(text).tokens.find((token) => token.line >= line)?.line ?? 0;
}
