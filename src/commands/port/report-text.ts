import { explainRefusal } from '../../porting/place/explain.js';
import { evidenceText } from '../../porting/prove/evidence.js';
import { describeHookProof, describeProof } from '../../porting/prove/object-proof.js';
import type { PortResult } from '../../porting/prove/result.js';

/** The terminal report of one port. */
export function reportText(result: PortResult, manifestFile: string): string[] {
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
