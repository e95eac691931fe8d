import { defined } from '../../core/defined.js';
/**
 * A C file as the placing rules see it: tokens without comments, comments with their lines, and preprocessor
 * directives with the conditionals that each line is in. No macro is expanded and no header is read.
 */

export type TokenKind = 'word' | 'number' | 'string' | 'punctuation';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Lines count from 1; `endLine` differs for strings that are continued. */
  readonly line: number;
  readonly endLine: number;
}

export interface Comment {
  readonly line: number;
  readonly endLine: number;
  /** Nothing but white space stands before it on its first line. */
  readonly ownLine: boolean;
}

/** One branch of one `#if`; a line is inside a list of them, outermost first. */
export interface Branch {
  /** Line of the `#if`. */
  readonly line: number;
  /** 0 for the `#if` itself, 1 for the first `#else` or `#elif`, ... */
  readonly index: number;
  readonly text: string;
}

export interface Directive {
  readonly keyword: string;
  /** The rest of the line, continuations joined, comments removed. */
  readonly rest: string;
  readonly line: number;
  readonly endLine: number;
  /** Number of tokens in front of it: the order of tokens and directives in one sequence. */
  readonly tokenIndex: number;
}

export interface Lexed {
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
  readonly directives: readonly Directive[];
  /** Conditionals around line n at index n; directives themselves count as outside of their own. */
  readonly branches: readonly (readonly Branch[])[];
  readonly lines: readonly string[];
  /** What made the text unreadable as C, if anything: then nothing may be placed. */
  readonly defects: readonly { line: number; what: string }[];
}

const punctuators =
  /\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||\+=|-=|\*=|\/=|%=|&=|\|=|\^=|##|[^\s]/y;
const word = /[A-Za-z_$][\w$]*/y;
const number = /\.?\d(?:[eEpP][+-]|[\w.])*/y;
const literal = /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/y;

function take(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

export function lex(text: string): Lexed {
  const tokens: Token[] = [];
  const comments: Comment[] = [];
  const directives: Directive[] = [];
  const defects: { line: number; what: string }[] = [];
  let at = 0;
  let line = 1;
  let fresh = true;

  const advance = (piece: string): void => {
    for (let i = 0; i < piece.length; i++) if (piece.charCodeAt(i) === 10) line++;
    at += piece.length;
  };
  const comment = (): boolean => {
    if (text.startsWith('//', at)) {
      const end = lineEnd(text, at);
      comments.push({ line, endLine: line, ownLine: fresh });
      advance(text.slice(at, end));
      return true;
    }
    if (!text.startsWith('/*', at)) return false;
    const close = text.indexOf('*/', at + 2);
    const first = line;
    if (close < 0) defects.push({ line, what: 'a comment is not closed' });
    advance(text.slice(at, close < 0 ? text.length : close + 2));
    comments.push({ line: first, endLine: line, ownLine: fresh });
    return true;
  };

  while (at < text.length) {
    const char = defined(text[at]);
    if (char === '\n') {
      fresh = true;
      advance(char);
    } else if (char === '\\' && text[at + 1] === '\n') {
      advance('\\\n');
    } else if (/\s/.test(char)) {
      advance(char);
    } else if (char === '/' && comment()) {
      // A comment leaves `fresh` as it was: `/* x */ #if` is a directive too.
    } else if (char === '#' && fresh) {
      const first = line;
      let body = '';
      advance('#');
      while (at < text.length && text[at] !== '\n') {
        if (text[at] === '\\' && text[at + 1] === '\n') advance('\\\n');
        else if (text[at] === '/' && comment()) body += ' ';
        else {
          const piece = take(literal, text, at) ?? defined(text[at]);
          body += piece;
          advance(piece);
        }
      }
      const [, keyword = '', rest = ''] = /^\s*([a-z_]*)\s*([\s\S]*)$/.exec(body) ?? [];
      directives.push({ keyword, rest: rest.trim(), line: first, endLine: line, tokenIndex: tokens.length });
    } else {
      fresh = false;
      const first = line;
      const [kind, piece] = lexeme(text, at, char);
      advance(piece);
      tokens.push({ kind, text: piece, line: first, endLine: line });
    }
  }
  const lines = text.split('\n');
  const branches = conditionals(directives, lines.length, defects);
  return { ...withoutDeadCode(tokens, directives, branches), comments, branches, lines, defects };
}

function lexeme(text: string, at: number, char: string): [TokenKind, string] {
  if (/[A-Za-z_$]/.test(char)) return ['word', defined(take(word, text, at))];
  if (/\d/.test(char) || (char === '.' && /\d/.test(text[at + 1] ?? ''))) {
    return ['number', defined(take(number, text, at))];
  }
  if (char === '"' || char === "'") {
    const piece = take(literal, text, at);
    if (piece !== undefined) return ['string', piece];
    return ['punctuation', char];
  }
  return ['punctuation', defined(take(punctuators, text, at))];
}

function lineEnd(text: string, at: number): number {
  for (let end = text.indexOf('\n', at); ; end = text.indexOf('\n', end + 1)) {
    if (end < 0) return text.length;
    if (text[end - 1] !== '\\') return end;
  }
}

function conditionals(
  directives: readonly Directive[],
  lineCount: number,
  defects: { line: number; what: string }[],
): Branch[][] {
  const result: Branch[][] = [];
  let stack: Branch[] = [];
  let next = 1;
  const fill = (end: number): void => {
    for (; next <= end; next++) result[next] = stack;
  };
  for (const { keyword, rest, line, endLine } of directives) {
    fill(line - 1);
    const top = stack.at(-1);
    if (/^(if|ifdef|ifndef)$/.test(keyword)) {
      fill(endLine);
      stack = [...stack, { line, index: 0, text: `#${keyword} ${rest}` }];
    } else if (/^(else|elif|elifdef|elifndef|endif)$/.test(keyword)) {
      if (top === undefined) defects.push({ line, what: `#${keyword} without #if` });
      stack = stack.slice(0, -1);
      fill(endLine);
      if (keyword !== 'endif' && top !== undefined) {
        stack = [...stack, { line: top.line, index: top.index + 1, text: `#${keyword} of ${top.text}` }];
      }
    } else fill(endLine);
  }
  fill(lineCount);
  const open = stack.at(-1);
  if (open !== undefined) defects.push({ line: open.line, what: `${open.text} has no #endif` });
  return result;
}

/** `#if 0` is not code: an old copy of a function kept there must neither be found nor be counted. */
function withoutDeadCode(
  tokens: readonly Token[],
  directives: readonly Directive[],
  branches: readonly (readonly Branch[])[],
): { tokens: Token[]; directives: Directive[] } {
  const dead = (line: number): boolean =>
    (branches[line] ?? []).some((branch) => branch.index === 0 && /^#if\s+0$/.test(branch.text));
  if (!directives.some(({ keyword, rest }) => keyword === 'if' && rest === '0'))
    return { tokens: [...tokens], directives: [...directives] };
  const before: number[] = [0];
  const live = tokens.filter((token) => {
    const keep = !dead(token.line);
    before.push(defined(before.at(-1)) + (keep ? 1 : 0));
    return keep;
  });
  return {
    tokens: live,
    directives: directives
      .filter(({ line }) => !dead(line))
      .map((directive) => ({ ...directive, tokenIndex: defined(before[directive.tokenIndex]) })),
  };
}
