import { exitCodes } from '../../core/errors.js';
import type { Result } from '../../core/options/result.js';
import { enrolment, type SigningKey } from '../../machine/sign/keys.js';
import type { SignatureState } from '../../machine/sign/sign.js';

const lines = (all: readonly string[]) => `${all.join('\n')}\n`;

export function showCreated(made: SigningKey, dryRun: boolean): Result {
  const toDo = enrolment(made);
  const verb = dryRun ? 'would make' : 'made';
  return {
    status: exitCodes.ok,
    json: { dryRun, ...made, enrolment: toDo },
    text: lines([
      `${verb} ${made.key} and ${made.certificate}; the machine trusts it after:`,
      ...toDo.map((line) => `  ${line}`),
    ]),
  };
}

/** Status 1 unless every module is signed with the key. */
export function showVerified(certificate: string | undefined, states: readonly SignatureState[]): Result {
  return {
    status: states.every(({ state }) => state === 'good') ? exitCodes.ok : exitCodes.failure,
    json: { certificate: certificate ?? null, modules: states },
    text: lines(states.map(describe)),
  };
}

export function showPlanned(request: SigningKey & { readonly modules: readonly string[] }): Result {
  return {
    status: exitCodes.ok,
    json: { dryRun: true, ...request },
    text: lines(request.modules.map((module) => `would sign ${module} with ${request.key}`)),
  };
}

export function showSigned(
  key: SigningKey,
  enrolled: boolean | undefined,
  states: readonly SignatureState[],
): Result {
  const trusted =
    enrolled === true
      ? []
      : [
          `the machine ${enrolled === false ? 'does not trust' : 'may not trust'} this key yet:`,
          ...enrolment(key).map((line) => `  ${line}`),
        ];
  return {
    status: exitCodes.ok,
    json: { dryRun: false, ...key, enrolled: enrolled ?? null, modules: states },
    text: lines([...states.map(describe), ...trusted]),
  };
}

const WORDS = {
  good: 'signed',
  other: 'signed by another key',
  unsigned: 'not signed',
  broken: 'BROKEN: the module was changed after it was signed',
} as const;

function describe({ module, state, signer, serial, digest, by }: SignatureState): string {
  const key = signer === undefined ? '' : ` (${signer}, serial ${serial ?? '?'}, ${digest ?? '?'})`;
  return `${module}: ${WORDS[state]}${key}${by === undefined ? '' : ` by ${by}`}`;
}
