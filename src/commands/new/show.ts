import { exitCodes } from '../../core/errors.js';
import type { Result } from '../../core/options/result.js';
import { parts, type Structure } from '../../porting/source/structure.js';

/** A port that was begun, or would be. */
export interface Begun {
  readonly structure: Structure;
  /** What is left to the person. */
  readonly open: readonly string[];
  readonly header: string;
  readonly target: string;
  readonly tree: string;
}

export function showBegun(begun: Begun, dryRun: boolean): Result {
  const { structure, open, header, target, tree } = begun;
  const end = dryRun
    ? [`would write ${target}`]
    : [
        `wrote ${target}/manifest.json and ${header}`,
        `next: netmap-port-driver ${target} --kernel-sources ${tree} --kernel-dir BUILD`,
      ];
  const lines = [...describe(structure), ...open.map((line) => `OPEN: ${line}`), ...end];
  return { status: exitCodes.ok, json: { dryRun, ...begun }, text: `${lines.join('\n')}\n` };
}

function describe(structure: Structure): string[] {
  return parts.map((part) => {
    const found = structure[part]
      .slice(0, 3)
      .map((one) => `${one.function} (${one.file}:${one.line}, ${one.evidence})`);
    return `${part.padEnd(11)} ${found.join('; ') || 'NOT FOUND'}`;
  });
}
