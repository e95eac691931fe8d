import type { Hook } from '../../facts/drivers/manifest.js';
import type { CFunction, SourceFile } from '../source/functions.js';
import { compilePattern, matches } from '../source/pattern.js';
import { locals, parameters } from '../source/scope.js';
import type { Body } from '../source/statements.js';
import { branchesAt, candidates, lineOf, type Refuse, refuseMacros, type Spot, wordsOf } from './spot.js';

export function checkOrder(
  source: SourceFile,
  fn: CFunction,
  body: Body,
  spot: Spot,
  hook: Hook,
  refuse: Refuse,
): void {
  let previous = { at: -1, what: 'the start of the function' };
  for (const alternatives of hook.order) {
    let current: { at: number; what: string };
    if (alternatives[0] === '@') current = { at: spot.token - 0.5, what: 'the hook' };
    else {
      const patterns = alternatives.map(compilePattern);
      refuseMacros(source, patterns.flatMap(wordsOf), refuse);
      const hits = body.statements.filter(({ start, end }) =>
        patterns.some((pattern) => matches(pattern, source.tokens, start, end)),
      );
      const what = `\`${alternatives.join('` or `')}\``;
      if (hits.length !== 1 || hits[0] === undefined)
        refuse('order-differs', `${what} is ${hits.length} times in ${fn.name}, not once`, 'order', {
          lines: hits.map(({ start }) => lineOf(source, start)),
          candidates: candidates(source, body, patterns[0] ?? []),
        });
      const around = branchesAt(source, hits[0].start).at(-1);
      if (around !== undefined)
        refuse('inside-if', `${what} in ${fn.name} depends on ${around.text}`, 'order', {
          lines: [around.line],
        });
      checkTangles(source, fn, body, [hits[0].start], refuse);
      current = { at: hits[0].start, what };
    }
    if (current.at <= previous.at)
      refuse('order-differs', `in ${fn.name}, ${current.what} is in front of ${previous.what}`, 'order', {
        lines: [lineOf(source, Math.max(0, Math.ceil(current.at)))],
      });
    previous = current;
  }
}

/** Where an `#if` cuts statements in two, a place has no statements before and after it. */
export function checkTangles(
  source: SourceFile,
  fn: CFunction,
  body: Body,
  tokens: readonly number[],
  refuse: Refuse,
): void {
  const tangle = body.tangles.find(({ start, end }) => tokens.some((token) => start <= token && token < end));
  if (tangle !== undefined)
    refuse(
      'function-tangled',
      `an #if in ${fn.name} cuts the statements around the place in two`,
      'functions',
      {
        lines: [tangle.line, lineOf(source, tangle.start)],
      },
    );
}

/** A hook behind an unconditional return or goto never runs. */
export function checkReached(
  source: SourceFile,
  fn: CFunction,
  body: Body,
  spot: Spot,
  refuse: Refuse,
): void {
  const leaves = body.statements.find(
    ({ start, end, depth, inBlock }) =>
      depth === 0 && inBlock && end <= spot.token && /^(return|goto)$/.test(source.tokens[start]?.text ?? ''),
  );
  if (leaves !== undefined)
    refuse('not-straight', `${fn.name} always leaves in front of the hook`, 'at', {
      lines: [lineOf(source, leaves.start)],
    });
}

export function checkStraight(
  source: SourceFile,
  fn: CFunction,
  body: Body,
  spot: Spot,
  refuse: Refuse,
): void {
  const leaves = body.statements.find(
    ({ start }) => start < spot.token && /^(return|goto)$/.test(source.tokens[start]?.text ?? ''),
  );
  const label = body.labels.find(
    (at) => at < spot.token && !/^(case|default)$/.test(source.tokens[at]?.text ?? ''),
  );
  const at = leaves?.start ?? label;
  if (at !== undefined)
    refuse('not-straight', `${fn.name} can leave or be entered in front of the hook`, 'straight', {
      lines: [lineOf(source, at)],
    });
}

export function checkConditionals(
  source: SourceFile,
  fn: CFunction,
  spot: Spot,
  hook: Hook,
  refuse: Refuse,
): void {
  const branches = [...(source.branches[spot.line] ?? []), ...branchesAt(source, spot.token)];
  const condition = branches.at(-1);
  if (condition !== undefined)
    refuse('inside-if', `the place in ${fn.name} is inside ${condition.text}`, 'at', {
      lines: [condition.line],
    });
  // A directive on the insertion line's predecessor may be continued: never split one.
  const split = source.directives.find(({ line, endLine }) => line < spot.line && endLine >= spot.line);
  if (split !== undefined)
    refuse('line-shared', `the place of ${hook.id} is inside a preprocessor line`, 'at', {
      lines: [split.line],
    });
}

export function checkNeeds(source: SourceFile, fn: CFunction, spot: Spot, hook: Hook, refuse: Refuse): void {
  for (const [index, need] of hook.needs.entries()) {
    const member = `needs[${index}]`;
    if (hook.at.place === 'before-function') {
      if (!definedAbove(source, need.name, spot.token))
        refuse('identifier-missing', `${need.name} is not defined above ${fn.name}`, member);
      continue;
    }
    refuseMacros(source, [need.name], refuse);
    const visible = [...parameters(source, fn), ...(spot.body ? locals(source, spot.body, spot.token) : [])];
    const found = visible.filter(({ name }) => name === need.name).at(-1);
    if (found === undefined) {
      const similar = visible.filter(({ type }) => type === need.type).map(({ name }) => name);
      refuse('identifier-missing', `${fn.name} has no variable ${need.name} in front of the hook`, member, {
        lines: [spot.line],
        similar: similar.length > 0 ? similar : visible.map(({ name }) => name),
      });
    }
    if (need.type !== undefined && found.type !== need.type)
      refuse(
        'type-differs',
        `${need.name} in ${fn.name} is \`${found.type}\`, not \`${need.type}\``,
        member,
        {
          lines: [lineOf(source, found.token)],
        },
      );
    const around = branchesAt(source, found.token).at(-1);
    if (around !== undefined)
      refuse('inside-if', `${need.name} in ${fn.name} depends on ${around.text}`, member, {
        lines: [around.line],
      });
  }
}

/** A type, macro or enumerator of this file that is defined above a token, whatever the configuration. */
function definedAbove(source: SourceFile, name: string, token: number): boolean {
  const certain = (line: number): boolean => (source.branches[line] ?? []).length === 0;
  const [kind, tag] = name.split(/\s+/);
  for (const { start, end } of source.declarations) {
    for (let at = start; at < Math.min(end, token); at++) {
      if (!certain(lineOf(source, at))) continue;
      const text = source.tokens[at]?.text;
      if (
        tag === undefined
          ? text === name
          : text === kind && source.tokens[at + 1]?.text === tag && source.tokens[at + 2]?.text === '{'
      )
        return true;
    }
  }
  return source.directives.some(
    ({ keyword, rest, line, tokenIndex }) =>
      keyword === 'define' && tokenIndex <= token && certain(line) && /^\w+/.exec(rest)?.[0] === name,
  );
}
