import path from 'node:path';
import type { Files } from '../../core/files.js';
import type { DriverDecision } from '../drivers/decide.js';

/** A define that follows from a driver's source text. */
export interface TextFact {
  readonly macro: string;
  readonly value?: string;
}

interface TextQuestion {
  readonly driver: string;
  /** Relative to the driver's directory. */
  readonly file: string;
  /** Which release changed it, for the reader. */
  readonly changed: string;
  readonly answer: (source: string) => TextFact | undefined;
}

/** Questions that reading the source answers; the driver has no header that a probe could include. */
const questions: readonly TextQuestion[] = [
  {
    driver: 'realtek',
    file: 'r8169_main.c',
    changed: 'rtl8169_open until 2.6.36, rtl_open since',
    answer: (source) => ({
      macro: 'RTL_OPEN',
      value: calls(source, 'rtl8169_open') ? 'rtl8169_open' : 'rtl_open',
    }),
  },
  {
    driver: 'realtek',
    file: 'r8169_main.c',
    changed: 'rtl8169_wait_for_quiescence went in 3.4',
    answer: (source) =>
      calls(source, 'rtl8169_wait_for_quiescence') ? { macro: 'HAVE_RTL_WFQ' } : undefined,
  },
];

function calls(source: string, name: string): boolean {
  return new RegExp(`\\b${name}\\s*\\(`).test(source);
}

/** Answers for the drivers that will be built, from the sources they will be copied from. */
export async function readDriverFacts(
  decisions: readonly DriverDecision[],
  placeOf: (driver: string) => string | undefined,
  files: Files,
): Promise<TextFact[]> {
  const facts: TextFact[] = [];
  for (const { driver, file, answer } of questions) {
    const decision = decisions.find(
      (candidate) => candidate.driver === driver && candidate.result === 'native',
    );
    const place = placeOf(driver);
    if (decision === undefined || place === undefined) continue;
    const fact = answer((await files.read(path.join(place, file))) ?? '');
    if (fact !== undefined) facts.push(fact);
  }
  return facts;
}
