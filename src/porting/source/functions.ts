import { defined } from '../../core/defined.js';
import { type Lexed, lex, type Token } from './tokens.js';

/** One function definition, as ranges of token indices into its file. */
export interface CFunction {
  readonly name: string;
  /** First token of the declaration, its parameter list and its body, brackets included. */
  readonly start: number;
  readonly open: number;
  readonly close: number;
  readonly parameters: readonly [number, number];
  readonly line: number;
  readonly endLine: number;
  /** Set when the `#if` branches inside it do not agree about brackets, so that it cannot be parsed. */
  readonly tangledAt?: number;
}

export interface SourceFile extends Lexed {
  readonly name: string;
  readonly text: string;
  readonly functions: readonly CFunction[];
  /** Per token: index of the bracket that it opens or closes, else -1. */
  readonly partner: Int32Array;
  /** Tokens at file scope that are no function: declarations, types, data. Ranges, end exclusive. */
  readonly declarations: readonly { readonly start: number; readonly end: number }[];
}

const opening: Record<string, string> = { '(': ')', '[': ']', '{': '}' };
const closing = new Set([')', ']', '}']);
/** Annotations that look like calls and may stand between a parameter list and the body. */
const annotation =
  /^(__attribute__|__releases|__acquires|__must_hold|__cond_acquires|__no_sanitize\w*|__aligned|__section|__printf|__scanf|__malloc|__bpf_\w+)$/;

export function indexSource(name: string, text: string): SourceFile {
  const lexed = lex(text);
  const { partner, tangles, defects } = matchBrackets(lexed);
  const { functions, declarations } = scanFileScope(lexed.tokens, partner, tangles);
  return {
    ...lexed,
    name,
    text,
    partner,
    functions,
    declarations,
    defects: [...lexed.defects, ...defects],
  };
}

interface Tangle {
  readonly from: number;
  readonly to: number;
  readonly line: number;
}

/**
 * Pairs brackets. Each branch of an `#if` starts from the brackets that were open at the `#if`; when the
 * branches end differently, the region is a tangle and the first branch counts.
 */
function matchBrackets(lexed: Lexed): {
  partner: Int32Array;
  tangles: Tangle[];
  defects: { line: number; what: string }[];
} {
  const { tokens, directives } = lexed;
  const partner = new Int32Array(tokens.length).fill(-1);
  const tangles: Tangle[] = [];
  const defects: { line: number; what: string }[] = [];
  const conditionals: { line: number; from: number; before: number[]; first?: number[]; tangled: boolean }[] =
    [];
  let open: number[] = [];
  let next = 0;

  const same = (a: readonly number[], b: readonly number[]): boolean =>
    a.length === b.length && a.every((value, index) => value === b[index]);
  const endBranch = (): void => {
    const top = conditionals.at(-1);
    if (top === undefined) return;
    if (top.first === undefined) top.first = open;
    else if (!same(top.first, open)) top.tangled = true;
    // A branch that closes or leaves open what another one does not is not a unit.
    if (!same(top.before, open)) top.tangled = true;
  };
  for (let index = 0; index <= tokens.length; index++) {
    for (; next < directives.length && (directives[next]?.tokenIndex ?? 0) <= index; next++) {
      const { keyword, line } = defined(directives[next]);
      if (/^(if|ifdef|ifndef)$/.test(keyword)) {
        conditionals.push({ line, from: index, before: [...open], tangled: false });
      } else if (/^(else|elif|elifdef|elifndef)$/.test(keyword)) {
        endBranch();
        open = [...(conditionals.at(-1)?.before ?? open)];
      } else if (keyword === 'endif') {
        endBranch();
        const done = conditionals.pop();
        if (done?.tangled) tangles.push({ from: done.from, to: index, line: done.line });
        if (done?.first !== undefined) open = [...done.first];
      }
    }
    const token = tokens[index];
    if (token === undefined || token.kind !== 'punctuation') continue;
    if (opening[token.text] !== undefined) open.push(index);
    else if (closing.has(token.text)) {
      const from = open.pop();
      if (from === undefined || opening[tokens[from]?.text ?? ''] !== token.text) {
        defects.push({ line: token.line, what: `unexpected ${token.text}` });
        if (from !== undefined) open.push(from);
      } else {
        if (partner[from] === -1) partner[from] = index;
        partner[index] = from;
      }
    }
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined)
    defects.push({
      line: tokens[unclosed]?.line ?? 0,
      what: `${tokens[unclosed]?.text} is not closed`,
    });
  return { partner, tangles, defects };
}

function scanFileScope(tokens: readonly Token[], partner: Int32Array, tangles: readonly Tangle[]) {
  const functions: CFunction[] = [];
  const declarations: { start: number; end: number }[] = [];
  let start = 0;
  for (let at = 0; at < tokens.length; at++) {
    const text = tokens[at]?.text;
    if (text === ';') {
      declarations.push({ start, end: at + 1 });
      start = at + 1;
      continue;
    }
    if (text === undefined || opening[text] === undefined) continue;
    const close = defined(partner[at]);
    if (close < at) break;
    if (text === '{') {
      const found = functionHeader(tokens, partner, start, at);
      if (found !== undefined) {
        const tangle = tangles.find(({ from, to }) => to > start && from <= close);
        functions.push({
          ...found,
          start,
          open: at,
          close,
          line: defined(tokens[start]).line,
          endLine: defined(tokens[close]).line,
          ...(tangle === undefined ? {} : { tangledAt: tangle.line }),
        });
        start = close + 1;
      }
    }
    at = close;
  }
  if (start < tokens.length) declarations.push({ start, end: tokens.length });
  return { functions, declarations };
}

/** The declarator in front of a `{`, or nothing for types and initialisers. */
function functionHeader(
  tokens: readonly Token[],
  partner: Int32Array,
  start: number,
  open: number,
): { name: string; parameters: [number, number] } | undefined {
  let found: { name: string; parameters: [number, number] } | undefined;
  for (let at = start; at < open; at++) {
    const token = defined(tokens[at]);
    if (token.text === '=') return undefined;
    if (token.text === '(') {
      const before = tokens[at - 1];
      if (at > start && before?.kind === 'word' && !annotation.test(before.text)) {
        found = { name: before.text, parameters: [at, defined(partner[at])] };
      }
      at = defined(partner[at]);
    }
  }
  return found;
}

/** The function that a token lies in, header included. */
export function functionAt(source: SourceFile, token: number): CFunction | undefined {
  return source.functions.find(({ start, close }) => start <= token && token <= close);
}

const storage =
  /^(static|inline|__inline|__inline__|__always_inline|noinline|extern|__init|__exit|__devinit|__devexit|__cold|__hot|__maybe_unused|__refdata|asmlinkage|__ref)$/;

/** Return type, name and parameters, without storage class and annotations. */
export function signatureTokens(source: SourceFile, fn: CFunction): Token[] {
  return source.tokens.slice(fn.start, fn.parameters[1] + 1).filter(({ text }) => !storage.test(text));
}

/** Tokens joined as C is usually spaced; for messages and for comparing types. */
export function spell(tokens: readonly Token[]): string {
  let result = '';
  let previous = '';
  for (const { text } of tokens) {
    const tight =
      result === '' ||
      /^[),;[\]]$/.test(text) ||
      /^[([]$/.test(previous) ||
      (text === '(' && /\w$/.test(previous) && !/^(if|for|while|switch|return)$/.test(previous)) ||
      /^(\+\+|--)$/.test(text) ||
      previous === '*' ||
      /^(\.|->)$/.test(text) ||
      /^(\.|->|!|~)$/.test(previous) ||
      previous === '&';
    result += (tight ? '' : ' ') + text;
    previous = text;
  }
  return result;
}
