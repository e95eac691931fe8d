import type { Manifest } from '../../facts/drivers/manifest.js';
import { indexSource } from '../source/functions.js';
import type { PortPlan } from './plan.js';
import type { Refusal } from './refusal.js';

/** A refusal in words, with everything that helps to mend it. `sources` shows the function as it is now. */
export function explainRefusal(refusal: Refusal, manifestFile: string): string[] {
  const { hook, role, what, file, lines, similar, candidates, manifest, reason } = refusal;
  const where = lines.length === 0 ? file : `${file}:${lines.join(', ')}`;
  return [
    role === 'census'
      ? `census of ${hook}: refused (${reason})`
      : `hook ${hook} (${role}): refused (${reason})`,
    `  why: ${what}`,
    `  where: ${where}`,
    ...(similar.length === 0 ? [] : [`  similar: ${similar.join(', ')}`]),
    ...candidates.map(({ line, score, text }) => `  candidate, score ${score}: line ${line}: ${text}`),
    `  edit: ${manifestFile}, ${manifest}`,
  ];
}

const AROUND = 8;
const LONGEST_BODY = 80;

/** Everything about one hook: its rule, its place with the lines around it, or its refusal with the function. */
export function explainHook(
  manifest: Manifest,
  plan: PortPlan,
  files: ReadonlyMap<string, string>,
  id: string,
  manifestFile: string,
): string[] | undefined {
  const hook = manifest.hooks.find((one) => one.id === id);
  if (hook === undefined) return undefined;
  const lines = (files.get(hook.file) ?? '').split('\n');
  const numbered = (from: number, to: number): string[] =>
    lines.slice(from - 1, to).map((line, index) => `${String(from + index).padStart(6)}  ${line}`);
  const rule = [
    `hook ${hook.id} (${hook.role}) in ${hook.file}`,
    ...(hook.why === undefined ? [] : [`  why: ${hook.why}`]),
    `  functions: ${hook.functions.join(', ')}`,
    `  place: ${JSON.stringify(hook.at)}`,
    ...hook.needs.map(({ name, type }) => `  needs: ${name}${type === undefined ? '' : `, a \`${type}\``}`),
    ...(hook.order.length === 0 ? [] : [`  order: ${hook.order.map((one) => one.join(' or ')).join(' < ')}`]),
  ];
  const placement = plan.placements.find((one) => one.hook === id);
  if (placement !== undefined) {
    const { line, text, signature, why } = placement;
    const added = text
      .trimEnd()
      .split('\n')
      .map((one) => `     +  ${one}`);
    return [
      ...rule,
      `  placed at line ${line}, ${why}`,
      `  in ${signature}`,
      ...numbered(Math.max(1, line - AROUND), line - 1),
      ...added,
      ...numbered(line, line + AROUND),
    ];
  }
  const refused = [...plan.refusals, ...plan.skipped].find((one) => one.hook === id);
  const fn = indexSource(hook.file, lines.join('\n')).functions.find(({ name }) =>
    hook.functions.includes(name),
  );
  return [
    ...rule,
    ...(refused === undefined
      ? ['  not tried: the files could not be read']
      : explainRefusal(refused, manifestFile)),
    ...(fn === undefined
      ? []
      : ['  the function now:', ...numbered(fn.line, Math.min(fn.endLine, fn.line + LONGEST_BODY))]),
  ];
}
