import { exitCodes } from '../../core/errors.js';
import type { Result } from '../../core/options/result.js';
import type { Finding } from './plan.js';

/** Status 8 when something was found. */
export function showFindings(patches: readonly string[], findings: readonly Finding[]): Result {
  const lines = findings.map(({ patch, kind, what }) => `${kind}: ${patch}: ${what}`);
  return {
    status: findings.length === 0 ? exitCodes.ok : exitCodes.portRefused,
    json: { patches, findings },
    text: `${[...lines, `${patches.length} patches, ${findings.length} findings`].join('\n')}\n`,
  };
}
