import type { Flags } from '../../core/options/configure-program.js';
import type { Result as Finding } from '../../machine/doctor/doctor.js';

export type Action = 'look' | 'fix' | 'undo';

export function actionOf({ fix, undo }: Pick<Flags, 'fix' | 'undo'>): Action {
  if (undo) return 'undo';
  return fix ? 'fix' : 'look';
}

/** The findings that --fix mends: what can be taken back. */
export function fixable(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ fix, undo }) => fix !== undefined && undo !== undefined);
}
