import { lex, type Token } from './tokens.js';

/** Tokens of a pattern. `...` stands for any tokens whose brackets are balanced. */
export type Pattern = readonly string[];

export function compilePattern(text: string): Pattern {
  return lex(text).tokens.map((token) => token.text);
}

/**
 * Whether the pattern covers the tokens from `start` to `end` (exclusive), all of them.
 * A pattern that does not end in `;` also covers the statement's `;`.
 */
export function matches(pattern: Pattern, tokens: readonly Token[], start = 0, end = tokens.length): boolean {
  const last = pattern.at(-1) !== ';' && tokens[end - 1]?.text === ';' ? end - 1 : end;
  return matchFrom(pattern, 0, tokens, start, last);
}

function matchFrom(pattern: Pattern, p: number, tokens: readonly Token[], at: number, end: number): boolean {
  if (p === pattern.length) return at === end;
  if (pattern[p] !== '...')
    return at < end && tokens[at]?.text === pattern[p] && matchFrom(pattern, p + 1, tokens, at + 1, end);
  for (let depth = 0, next = at; next <= end; next++) {
    if (depth === 0 && matchFrom(pattern, p + 1, tokens, next, end)) return true;
    const text = tokens[next]?.text ?? '';
    if (/^[([{]$/.test(text)) depth++;
    else if (/^[)\]}]$/.test(text) && --depth < 0) return false;
  }
  return false;
}

/** Likeness of two token sequences, 0 to 1 (Dice coefficient over the words and punctuation that they share). */
export function likeness(a: readonly string[], b: readonly string[]): number {
  const left = a.filter((text) => text !== '...');
  const rest = new Map<string, number>();
  for (const text of b) rest.set(text, (rest.get(text) ?? 0) + 1);
  let shared = 0;
  for (const text of left) {
    const count = rest.get(text) ?? 0;
    if (count === 0) continue;
    rest.set(text, count - 1);
    shared++;
  }
  return left.length + b.length === 0 ? 0 : (2 * shared) / (left.length + b.length);
}

/** The names most like `name`, best first, at most three. */
export function similarNames(name: string, names: readonly string[]): string[] {
  const grams = (text: string): string[] => {
    const padded = ` ${text} `;
    return Array.from({ length: padded.length - 1 }, (_, index) => padded.slice(index, index + 2));
  };
  return [...new Set(names)]
    .map((candidate) => ({ candidate, score: likeness(grams(name), grams(candidate)) }))
    .filter(({ score }) => score > 0.4)
    .sort((a, b) => b.score - a.score || a.candidate.localeCompare(b.candidate))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}
