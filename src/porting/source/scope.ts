import { defined } from '../../core/defined.js';
import { type CFunction, type SourceFile, spell } from './functions.js';
import type { Body } from './statements.js';
import type { Token } from './tokens.js';

export interface Declared {
  readonly name: string;
  /** Spelled in one way, qualifiers `const` and `register` kept: `struct net_device *`. */
  readonly type: string;
  readonly token: number;
}

/** Splits a token range at its outermost commas. */
function splitAtCommas(source: SourceFile, start: number, end: number): [number, number][] {
  const parts: [number, number][] = [];
  let from = start;
  for (let at = start; at < end; at++) {
    const text = source.tokens[at]?.text ?? '';
    if (/^[([{]$/.test(text)) at = Math.max(at, defined(source.partner[at]));
    else if (text === ',') {
      parts.push([from, at]);
      from = at + 1;
    }
  }
  if (from < end) parts.push([from, end]);
  return parts;
}

export function parameters(source: SourceFile, fn: CFunction): Declared[] {
  const [open, close] = fn.parameters;
  return splitAtCommas(source, open + 1, close).flatMap(([start, end]) => {
    let name = end - 1;
    while (name > start && source.tokens[name]?.kind !== 'word') name--;
    if (name <= start) return [];
    const token = defined(source.tokens[name]);
    return [{ name: token.text, type: spellType(source.tokens.slice(start, name)), token: name }];
  });
}

/** Variables declared at the top level of the body by plain declarations that end in front of `before`. */
export function locals(source: SourceFile, body: Body, before: number): Declared[] {
  return body.statements
    .filter((statement) => statement.declaration && statement.depth === 0 && statement.end <= before)
    .flatMap(({ start, end }) => declarators(source, start, end - 1));
}

function declarators(source: SourceFile, start: number, end: number): Declared[] {
  const parts = splitAtCommas(source, start, end);
  let base: Token[] = [];
  return parts.flatMap(([from, to], index) => {
    let stop = from;
    while (stop < to && !/^[=[]$/.test(source.tokens[stop]?.text ?? '')) stop++;
    let name = stop - 1;
    while (
      name > from &&
      (source.tokens[name]?.kind !== 'word' || /^__\w+$/.test(source.tokens[name]?.text ?? ''))
    )
      name--;
    const token = source.tokens[name];
    if (token?.kind !== 'word') return [];
    const own = source.tokens.slice(from, name);
    if (index === 0) base = own.filter(({ text }) => text !== '*');
    const stars = own.filter(({ text }) => text === '*');
    return [{ name: token.text, type: spellType([...base, ...stars]), token: name }];
  });
}

function spellType(tokens: readonly Token[]): string {
  return spell(tokens.filter(({ text }) => !/^(register|static|__maybe_unused)$/.test(text)))
    .replace(/\s*\*/g, '*')
    .replace(/\*+/g, (stars) => ` ${stars}`);
}

/** Calls and call-like macros in a token range: `name (`. */
export function callsIn(source: SourceFile, start: number, end: number): Token[] {
  const calls: Token[] = [];
  for (let at = start; at < end - 1; at++) {
    const token = defined(source.tokens[at]);
    if (token.kind === 'word' && source.tokens[at + 1]?.text === '(') calls.push(token);
  }
  return calls;
}
