import { defined } from '../../core/defined.js';
import { type SourceFile, spell } from '../source/functions.js';
import { likeness } from '../source/pattern.js';
import type { Anchor, Body } from '../source/statements.js';
import type { Branch } from '../source/tokens.js';
import type { Candidate, Refusal } from './refusal.js';

export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.what);
    this.refusal = refusal;
  }
}

export type Refuse = (
  reason: Refusal['reason'],
  what: string,
  member: string,
  more?: Partial<Pick<Refusal, 'lines' | 'similar' | 'candidates'>>,
) => never;

export interface Spot {
  readonly line: number;
  /** First token behind the hook. */
  readonly token: number;
  readonly why: string;
  readonly review?: string;
  readonly body?: Body;
}

export function lineOf(source: SourceFile, token: number): number {
  return source.tokens[token]?.line ?? 0;
}

export function branchesAt(source: SourceFile, token: number): readonly Branch[] {
  return source.branches[source.tokens[token]?.line ?? 0] ?? [];
}

/** A name that the file also defines as a macro does not mean what it seems to mean. */
export function refuseMacros(source: SourceFile, names: readonly string[], refuse: Refuse): void {
  for (const { keyword, rest, line } of source.directives) {
    const defined = /^(define|undef)$/.test(keyword) ? /^\w+/.exec(rest)?.[0] : undefined;
    if (defined !== undefined && names.includes(defined))
      refuse('macro-in-the-way', `${defined} is redefined as a macro`, 'functions', { lines: [line] });
  }
}

/** Names of a pattern that are no macros by convention: NUM_RX_DESC may be one, napi_enable may not become one. */
export function wordsOf(pattern: readonly string[]): string[] {
  return pattern.filter((text) => /^[A-Za-z_]\w*$/.test(text) && /[a-z]/.test(text));
}

export function candidates(source: SourceFile, body: Body, pattern: readonly string[]): Candidate[] {
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

/** The line to insert at so that the text stands in front of a statement and of the comment that explains it. */
export function startOfStatement(source: SourceFile, token: number, refuse: Refuse): number {
  const line = lineOf(source, token);
  if (source.tokens[token - 1]?.endLine === line || sharesLineWithComment(source, line))
    refuse('line-shared', 'the statement does not start its line', 'at', { lines: [line] });
  return aboveComments(source, line);
}

export function endOfStatement(source: SourceFile, statement: Anchor, refuse: Refuse): number {
  const line = defined(source.tokens[statement.wholeEnd - 1]).endLine;
  if (
    lineOf(source, statement.wholeEnd) === line ||
    source.comments.some((c) => c.line === line && c.endLine > line)
  )
    refuse('line-shared', 'the statement does not end its line', 'at', { lines: [line] });
  return line + 1;
}

export function sharesLineWithComment(source: SourceFile, line: number): boolean {
  return source.comments.some((comment) => comment.endLine === line && comment.line < line);
}

/** Comments that end right above a line, and start their own line, belong to what is on the line. */
export function aboveComments(source: SourceFile, line: number): number {
  const comment = source.comments.find((c) => c.ownLine && c.endLine === line - 1);
  if (comment === undefined) return line;
  if (source.tokens.some((token) => token.endLine >= comment.line && token.line < line)) return line;
  return aboveComments(source, comment.line);
}
