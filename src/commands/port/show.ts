import { exitCodes } from '../../core/errors.js';
import type { Result } from '../../core/options/result.js';
import { explainRefusal } from '../../porting/place/explain.js';
import { evidenceText } from '../../porting/prove/evidence.js';
import { describeHookProof, describeProof } from '../../porting/prove/object-proof.js';
import type { PortResult } from '../../porting/prove/result.js';
import type { PatchFile } from './plan.js';

/** One port, and what is left to do by hand. */
export interface Shown {
  readonly result: PortResult;
  readonly note: string | undefined;
}

const text = (lines: readonly string[]) => (lines.length === 0 ? '' : `${lines.join('\n')}\n`);

/** All ports of a run; status 8 when one was refused or not proved. */
export function showPorts(
  ports: readonly Shown[],
  manifestFile: string,
  patches: readonly PatchFile[],
  { dryRun, failed }: { readonly dryRun: boolean; readonly failed: boolean },
): Result {
  const written = patches.map(
    ({ file, exactOn }) => `${dryRun ? 'would write' : 'wrote'} ${file}: exact on ${exactOn.join(', ')}`,
  );
  const reports = ports.flatMap(({ result, note }) => [
    ...(note === undefined ? [] : [note]),
    ...reportText(result, manifestFile),
  ]);
  return {
    status: failed ? exitCodes.portRefused : exitCodes.ok,
    json: { results: ports.map(({ result }) => result), patches: written },
    text: text([...reports, ...written]),
  };
}

export function showExplained(lines: readonly string[]): Result {
  return { status: exitCodes.ok, json: lines, text: text(lines) };
}

/** The terminal report of one port. */
function reportText(result: PortResult, manifestFile: string): string[] {
  return [
    `${result.driver} on Linux ${result.kernel}: ${result.outcome} (${result.placingMs} ms)`,
    ...result.placements.map(
      ({ hook, file, line, why, review }) =>
        `  ${hook.padEnd(12)} ${file}:${line}  ${why}${review === undefined ? '' : `  [review: ${review}]`}`,
    ),
    ...result.skipped.map(({ hook, what }) => `  ${hook.padEnd(12)} left out (optional): ${what}`),
    ...result.refusals.flatMap((refusal) => {
      const evidence = result.evidence.find(({ hook }) => hook === refusal.hook);
      return [
        ...explainRefusal(refusal, manifestFile),
        ...(evidence === undefined ? [] : evidenceText(evidence, refusal)),
      ].map((line) => `  ${line}`);
    }),
    ...compileLines(result),
    ...(result.outcome === 'ported'
      ? [
          `  run: ${result.run.state === 'passed' ? `passed on ${result.run.models.join(', ')}` : result.run.why}`,
        ]
      : []),
    ...(result.workFolder === undefined ? [] : [`  work folder: ${result.workFolder}`]),
  ];
}

function compileLines({ compile, outcome }: PortResult): string[] {
  if (outcome !== 'ported') return [];
  if (compile.state === 'not-compiled') return [`  compile: not done (${compile.why})`];
  const times = `unmodified ${compile.vanillaSeconds} s, ported ${compile.portedSeconds} s`;
  return [
    `  compile: ${compile.release}, ${times}`,
    ...compile.newWarnings.map((warning) => `  NEW ${warning}`),
    ...compile.proofs.map((proof) => `  ${describeProof(proof)}`),
    ...compile.hookProofs.map((proof) => `  ${describeHookProof(proof)}`),
    ...compile.strays.map(({ from, symbol }) => `  UNEXPECTED ${symbol} from ${from}`),
  ];
}
