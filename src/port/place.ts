import type { Hook } from '../drivers/manifest.js';
import { type CFunction, type SourceFile, signatureTokens, spell } from './functions.js';
import { compilePattern, likeness, matches, similarNames } from './pattern.js';
import { type Candidate, type Refusal, refusal } from './refusal.js';
import { callsIn, locals, parameters } from './scope.js';
import { type Body, parseBody, type Statement, UnreadableBody } from './statements.js';
import type { Branch } from './tokens.js';

/** A hook's place in a file: its text goes in front of line `line`. */
export interface Placement {
  readonly hook: string;
  readonly role: Hook['role'];
  readonly file: string;
  readonly function: string;
  readonly signature: string;
  readonly line: number;
  readonly text: string;
  readonly why: string;
  /** The choice was narrow: a person should look at it. */
  readonly review?: string;
}

export type Placed = { readonly placement: Placement } | { readonly refusal: Refusal };

class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.what);
  }
}

type Refuse = (
  reason: Refusal['reason'],
  what: string,
  member: string,
  more?: Partial<Pick<Refusal, 'lines' | 'similar' | 'candidates'>>,
) => never;

/**
 * Finds the one place for a hook, or says why there is none. Pure; every gate that can be decided from the text
 * of one file is here, and each of them refuses when in doubt.
 *
 * @param index number of the hook in its manifest, to name the member to edit
 */
export function placeHook(source: SourceFile, hook: Hook, index: number): Placed {
  const refuse: Refuse = (reason, what, member, more = {}) => {
    const base = { hook: hook.id, role: hook.role, file: source.name, manifest: `hooks[${index}].${member}` };
    throw new Refused(refusal(base, reason, what, more));
  };
  try {
    const fn = findFunction(source, hook, refuse);
    const text = chooseText(source, fn, hook, refuse);
    const spot =
      hook.at.place === 'before-function' ? aboveFunction(source, fn) : inBody(source, fn, hook, refuse);
    checkConditionals(source, fn, spot, hook, refuse);
    checkNeeds(source, fn, spot, hook, refuse);
    return {
      placement: {
        hook: hook.id,
        role: hook.role,
        file: hook.file,
        function: fn.name,
        signature: spell(signatureTokens(source, fn)),
        line: spot.line,
        text: text.endsWith('\n') ? text : `${text}\n`,
        why: spot.why,
      },
    };
  } catch (error) {
    if (error instanceof Refused) return { refusal: error.refusal };
    throw error;
  }
}

interface Spot {
  readonly line: number;
  /** First token behind the hook. */
  readonly token: number;
  readonly why: string;
  readonly body?: Body;
}

function findFunction(source: SourceFile, hook: Hook, refuse: Refuse): CFunction {
  const found = source.functions.filter(({ name }) => hook.functions.includes(name));
  const names = hook.functions.join(' or ');
  const [fn] = found;
  if (fn === undefined) {
    const similar = similarNames(
      hook.functions[0] as string,
      source.functions.map(({ name }) => name),
    );
    return refuse('function-gone', `there is no function ${names}`, 'functions', { similar });
  }
  if (found.length > 1)
    refuse('function-twice', `${names} is defined ${found.length} times`, 'functions', {
      lines: found.map(({ line }) => line),
    });
  const around = [fn.start, fn.open, fn.close].map((at) => branchesAt(source, at));
  const condition = around.find((branches) => branches.length > 0)?.at(-1);
  if (condition !== undefined)
    refuse('function-conditional', `${fn.name} depends on ${condition.text}`, 'functions', {
      lines: [condition.line],
    });
  if (fn.tangledAt !== undefined)
    refuse(
      'function-tangled',
      `the branches of the #if in ${fn.name} do not agree about brackets`,
      'functions',
      {
        lines: [fn.tangledAt],
      },
    );
  refuseMacros(source, [fn.name], refuse);
  return fn;
}

/** A name that the file also defines as a macro does not mean what it seems to mean. */
function refuseMacros(source: SourceFile, names: readonly string[], refuse: Refuse): void {
  for (const { keyword, rest, line } of source.directives) {
    const defined = /^(define|undef)$/.test(keyword) ? /^\w+/.exec(rest)?.[0] : undefined;
    if (defined !== undefined && names.includes(defined))
      refuse('macro-in-the-way', `${defined} is redefined as a macro`, 'functions', { lines: [line] });
  }
}

function branchesAt(source: SourceFile, token: number): readonly Branch[] {
  return source.branches[source.tokens[token]?.line ?? 0] ?? [];
}

function chooseText(source: SourceFile, fn: CFunction, hook: Hook, refuse: Refuse): string {
  if (hook.text !== undefined) return hook.text;
  const signature = signatureTokens(source, fn);
  const fitting = (hook.variants ?? []).filter(({ whenSignature }) =>
    matches(compilePattern(whenSignature), signature),
  );
  if (fitting.length === 1 && fitting[0] !== undefined) return fitting[0].text;
  return fitting.length === 0
    ? refuse('signature-unknown', `no variant is for \`${spell(signature)}\``, 'variants', {
        lines: [fn.line],
      })
    : refuse('ambiguous', `${fitting.length} variants fit \`${spell(signature)}\``, 'variants', {
        lines: [fn.line],
      });
}

function aboveFunction(source: SourceFile, fn: CFunction): Spot {
  return { line: aboveComments(source, fn.line), token: fn.start, why: `above ${fn.name}` };
}

function inBody(source: SourceFile, fn: CFunction, hook: Hook, refuse: Refuse): Spot {
  let body: Body;
  try {
    body = parseBody(source, fn);
  } catch (error) {
    if (!(error instanceof UnreadableBody)) throw error;
    return refuse('function-tangled', `${fn.name}: ${error.message}`, 'functions', { lines: [error.line] });
  }
  const spot =
    hook.at.place === 'after-declarations'
      ? firstStatement(source, fn, body, hook.at.mayCall, refuse)
      : besideAnchor(source, fn, body, hook, refuse);
  checkReached(source, fn, body, spot, refuse);
  checkOrder(source, fn, body, spot, hook, refuse);
  if (hook.straight) checkStraight(source, fn, body, spot, refuse);
  return { ...spot, body };
}

function firstStatement(
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

function besideAnchor(source: SourceFile, fn: CFunction, body: Body, hook: Hook, refuse: Refuse): Spot {
  if (hook.at.place !== 'before' && hook.at.place !== 'after') throw new Error('not an anchored hook');
  const { anchor, place, final, nested } = hook.at;
  const pattern = compilePattern(anchor);
  refuseMacros(source, wordsOf(pattern), refuse);
  const hits = body.statements.filter(({ start, end }) => matches(pattern, source.tokens, start, end));
  const last = body.items.at(-1);
  const eligible = final ? hits.filter(({ end, depth }) => depth === 0 && end === last?.end) : hits;
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
  return { line: endOfStatement(source, hit, refuse), token: hit.end, why: `behind \`${what}\`` };
}

function wordsOf(pattern: readonly string[]): string[] {
  return pattern.filter((text) => /^[A-Za-z_]\w*$/.test(text) && !/^(return|if|goto)$/.test(text));
}

function candidates(source: SourceFile, body: Body, pattern: readonly string[]): Candidate[] {
  return body.statements
    .map(({ start, end }) => {
      const tokens = source.tokens.slice(start, end);
      const score = likeness(
        pattern,
        tokens.map(({ text }) => text),
      );
      return { line: lineOf(source, start), score: Math.round(score * 100) / 100, text: spell(tokens) };
    })
    .filter(({ score }) => score > 0.3)
    .sort((a, b) => b.score - a.score || a.line - b.line)
    .slice(0, 3);
}

function lineOf(source: SourceFile, token: number): number {
  return source.tokens[token]?.line ?? 0;
}

/** The line to insert at so that the text stands in front of a statement and of the comment that explains it. */
function startOfStatement(source: SourceFile, token: number, refuse: Refuse): number {
  const line = lineOf(source, token);
  if (source.tokens[token - 1]?.endLine === line || sharesLineWithComment(source, line))
    refuse('line-shared', 'the statement does not start its line', 'at', { lines: [line] });
  return aboveComments(source, line);
}

function endOfStatement(source: SourceFile, statement: Statement, refuse: Refuse): number {
  const line = source.tokens[statement.end - 1]?.endLine as number;
  if (
    lineOf(source, statement.end) === line ||
    source.comments.some((c) => c.line === line && c.endLine > line)
  )
    refuse('line-shared', 'the statement does not end its line', 'at', { lines: [line] });
  return line + 1;
}

function sharesLineWithComment(source: SourceFile, line: number): boolean {
  return source.comments.some((comment) => comment.endLine === line && comment.line < line);
}

/** Comments that end right above a line, and start their own line, belong to what is on the line. */
function aboveComments(source: SourceFile, line: number): number {
  const comment = source.comments.find((c) => c.ownLine && c.endLine === line - 1);
  if (comment === undefined) return line;
  if (source.tokens.some((token) => token.endLine >= comment.line && token.line < line)) return line;
  return aboveComments(source, comment.line);
}

function checkOrder(
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
      current = { at: hits[0].start, what };
    }
    if (current.at <= previous.at)
      refuse('order-differs', `in ${fn.name}, ${current.what} is in front of ${previous.what}`, 'order', {
        lines: [lineOf(source, Math.max(0, Math.ceil(current.at)))],
      });
    previous = current;
  }
}

/** A hook behind an unconditional return or goto never runs. */
function checkReached(source: SourceFile, fn: CFunction, body: Body, spot: Spot, refuse: Refuse): void {
  const leaves = body.statements.find(
    ({ start, end, depth, inBlock }) =>
      depth === 0 && inBlock && end <= spot.token && /^(return|goto)$/.test(source.tokens[start]?.text ?? ''),
  );
  if (leaves !== undefined)
    refuse('not-straight', `${fn.name} always leaves in front of the hook`, 'at', {
      lines: [lineOf(source, leaves.start)],
    });
}

function checkStraight(source: SourceFile, fn: CFunction, body: Body, spot: Spot, refuse: Refuse): void {
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

function checkConditionals(source: SourceFile, fn: CFunction, spot: Spot, hook: Hook, refuse: Refuse): void {
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

function checkNeeds(source: SourceFile, fn: CFunction, spot: Spot, hook: Hook, refuse: Refuse): void {
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
