import type { Hook } from '../../facts/drivers/manifest.js';
import { type CFunction, type SourceFile, spell } from '../source/functions.js';
import { compilePattern, matches } from '../source/pattern.js';
import { callsIn } from '../source/scope.js';
import type { Anchor, Body } from '../source/statements.js';
import {
  aboveComments,
  candidates,
  endOfStatement,
  lineOf,
  type Refuse,
  refuseMacros,
  type Spot,
  startOfStatement,
  wordsOf,
} from './spot.js';

export function aboveFunction(source: SourceFile, fn: CFunction): Spot {
  return { line: aboveComments(source, fn.line), token: fn.start, why: `above ${fn.name}` };
}

export function firstStatement(
  source: SourceFile,
  fn: CFunction,
  body: Body,
  mayCall: readonly string[],
  refuse: Refuse,
): Spot {
  const first = body.items.find(({ declaration }) => !declaration);
  if (first === undefined)
    return refuse('no-match', `${fn.name} has no statement`, 'at', { lines: [fn.line] });
  if (first.labelled)
    refuse('labelled', `a label leads to the first statement of ${fn.name}`, 'at', {
      lines: [lineOf(source, first.start)],
    });
  const allowed = new Set([...harmless, ...mayCall]);
  const call = callsIn(source, fn.open + 1, first.start).find(({ text }) => !allowed.has(text));
  if (call !== undefined)
    refuse(
      'initialiser-calls',
      `${fn.name} calls ${call.text} in a declaration above the hook`,
      'at.mayCall',
      {
        lines: [call.line],
      },
    );
  const line = startOfStatement(source, first.start, refuse);
  return { line, token: first.start, why: `in front of the first statement of ${fn.name}` };
}

/** Accessors without an effect that must be undone: a hook may return after them. */
const harmless = [
  'netdev_priv',
  'container_of',
  'pci_get_drvdata',
  'dev_get_drvdata',
  'sizeof',
  'ARRAY_SIZE',
];

export function besideAnchor(
  source: SourceFile,
  fn: CFunction,
  body: Body,
  hook: Hook,
  refuse: Refuse,
): Spot {
  if (hook.at.place !== 'before' && hook.at.place !== 'after') throw new Error('not an anchored hook');
  const { anchor, place, final, nested } = hook.at;
  const pattern = compilePattern(anchor);
  refuseMacros(source, wordsOf(pattern), refuse);
  const hits = body.anchors.filter(({ start, end }) => matches(pattern, source.tokens, start, end));
  const last = body.items.at(-1);
  const eligible = final ? hits.filter(({ wholeEnd, depth }) => depth === 0 && wholeEnd === last?.end) : hits;
  const [hit] = eligible;
  if (hit === undefined) {
    const what = final && hits.length > 0 ? `is not the last statement of` : 'is not in';
    return refuse('no-match', `\`${anchor}\` ${what} ${fn.name}`, 'at.anchor', {
      lines: final ? hits.map(({ start }) => lineOf(source, start)) : [],
      candidates: candidates(source, body, pattern),
    });
  }
  if (eligible.length > 1)
    refuse('ambiguous', `\`${anchor}\` is ${eligible.length} times in ${fn.name}`, 'at.anchor', {
      lines: eligible.map(({ start }) => lineOf(source, start)),
    });
  if (!hit.inBlock || (hit.depth > 0 && !nested))
    refuse('no-match', `\`${anchor}\` is inside another statement of ${fn.name}`, 'at.nested', {
      lines: [lineOf(source, hit.start)],
    });
  if (hit.labelled)
    refuse('labelled', `a label leads to \`${anchor}\` in ${fn.name}`, 'at.anchor', {
      lines: [lineOf(source, hit.start)],
    });
  const what = spell(source.tokens.slice(hit.start, hit.end));
  if (place === 'before') {
    return {
      line: startOfStatement(source, hit.start, refuse),
      token: hit.start,
      why: `in front of \`${what}\``,
    };
  }
  return { line: endOfStatement(source, hit, refuse), token: hit.wholeEnd, why: `behind \`${what}\`` };
}

type Between = Extract<Hook['at'], { place: 'between' }>;

/**
 * Between two statements that were neighbours where the rule was learned. When both are still there they must
 * still be neighbours; when one has gone, the other one decides, and a person should look at it.
 */
export function betweenAnchors(
  source: SourceFile,
  fn: CFunction,
  body: Body,
  at: Between,
  refuse: Refuse,
): Spot {
  const find = (text: string | undefined): Anchor[] => {
    if (text === undefined) return [];
    const pattern = compilePattern(text);
    refuseMacros(source, wordsOf(pattern), refuse);
    return body.anchors.filter(
      ({ start, end, inBlock, depth }) =>
        inBlock && (depth === 0 || at.nested) && matches(pattern, source.tokens, start, end),
    );
  };
  const behind = find(at.behind);
  const ahead = find(at.ahead);
  const pairs = behind.flatMap((first) =>
    ahead.filter((second) => second.start === first.wholeEnd).map((second) => [first, second] as const),
  );
  const [pair] = pairs;
  const patterns = [at.behind, at.ahead].filter((text) => text !== undefined);
  const what = patterns.map((text) => `\`${text}\``).join(' and ');
  const lines = [...behind, ...ahead].map(({ start }) => lineOf(source, start));
  if (pairs.length > 1)
    refuse('ambiguous', `${what} meet ${pairs.length} times in ${fn.name}`, 'at', { lines });
  if (pair !== undefined) {
    if (pair[1].labelled)
      refuse('labelled', `a label leads to \`${at.ahead}\` in ${fn.name}`, 'at.ahead', { lines });
    return {
      line: startOfStatement(source, pair[1].start, refuse),
      token: pair[1].start,
      why: `between ${what}`,
    };
  }
  const alone = [...behind, ...ahead];
  const [only] = alone;
  if (only === undefined)
    return refuse('no-match', `neither ${what.replace(' and ', ' nor ')} is in ${fn.name}`, 'at', {
      candidates: patterns.flatMap((text) => candidates(source, body, compilePattern(text))).slice(0, 3),
    });
  if (alone.length > 1)
    refuse('ambiguous', `${what} are in ${fn.name}, but not beside each other`, 'at', { lines });
  const review = patterns.length > 1 ? { review: `only one of ${what} is there` } : {};
  if (behind.length > 0)
    return {
      line: endOfStatement(source, only, refuse),
      token: only.wholeEnd,
      why: `behind \`${at.behind}\``,
      ...review,
    };
  if (only.labelled)
    refuse('labelled', `a label leads to \`${at.ahead}\` in ${fn.name}`, 'at.ahead', { lines });
  return {
    line: startOfStatement(source, only.start, refuse),
    token: only.start,
    why: `in front of \`${at.ahead}\``,
    ...review,
  };
}
