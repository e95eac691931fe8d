import type { Hook } from '../../facts/drivers/manifest.js';

export type RefusalReason =
  | 'file-missing'
  | 'file-unreadable'
  | 'function-gone'
  | 'function-twice'
  | 'function-conditional'
  | 'function-tangled'
  | 'signature-unknown'
  | 'macro-in-the-way'
  | 'no-match'
  | 'ambiguous'
  | 'inside-if'
  | 'identifier-missing'
  | 'type-differs'
  | 'order-differs'
  | 'not-straight'
  | 'line-shared'
  | 'labelled'
  | 'initialiser-calls'
  | 'include-below-hook'
  | 'already-ported'
  | 'new-user';

export interface Candidate {
  readonly line: number;
  /** 0 to 1: how much of the anchor it shares. */
  readonly score: number;
  readonly text: string;
}

/** Why one hook was not placed; nothing at all is written when there is one. */
export interface Refusal {
  readonly hook: string;
  readonly role: Hook['role'] | 'census';
  readonly reason: RefusalReason;
  readonly what: string;
  readonly file: string;
  readonly lines: readonly number[];
  readonly similar: readonly string[];
  readonly candidates: readonly Candidate[];
  /** Member of the manifest to look at, e.g. `hooks[3].at.anchor`. */
  readonly manifest: string;
}

export function refusal(
  base: Pick<Refusal, 'hook' | 'role' | 'file' | 'manifest'>,
  reason: RefusalReason,
  what: string,
  more: Partial<Pick<Refusal, 'lines' | 'similar' | 'candidates'>> = {},
): Refusal {
  return { ...base, reason, what, lines: [], similar: [], candidates: [], ...more };
}
