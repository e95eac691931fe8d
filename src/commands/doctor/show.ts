import { exitCodes } from '../../core/errors.js';
import type { Result } from '../../core/options/result.js';
import type { Paint } from '../../core/terminal/color.js';
import { type Result as Finding, renderResults, shellWords } from '../../machine/doctor/doctor.js';

type Words = readonly string[];

/** The list of findings; status 1 when a problem is left. `planned` is what --fix would mend. */
export function showFindings(checks: readonly Finding[], paint: Paint, planned?: readonly Finding[]): Result {
  const bad = checks.some(({ level, fixed }) => level === 'problem' && fixed !== true);
  const commands = (planned ?? []).flatMap(({ fix }) => (fix === undefined ? [] : [fix]));
  return {
    status: bad ? exitCodes.failure : exitCodes.ok,
    json: { ...(planned === undefined ? {} : { dryRun: true, planned: commands }), checks },
    text: `${renderResults(checks, paint)}${commands.map((words) => `would run: ${shellWords(words)}\n`).join('')}`,
  };
}

/** What became of the commands that take back; status 1 when one failed. */
export function showUndone(
  outcome:
    | { readonly planned: readonly Words[] }
    | { readonly done: readonly Words[]; readonly failed: readonly Words[] },
): Result {
  const lines = (what: string, commands: readonly Words[]) =>
    commands.map((words) => `${what}: ${shellWords(words)}\n`).join('');
  if ('planned' in outcome) {
    const { planned } = outcome;
    const text = planned.length === 0 ? 'there is nothing to take back\n' : lines('would run', planned);
    return { status: exitCodes.ok, json: { dryRun: true, planned }, text };
  }
  const { done, failed } = outcome;
  return {
    status: failed.length === 0 ? exitCodes.ok : exitCodes.failure,
    json: { done, failed },
    text: lines('done', done) + lines('failed', failed),
  };
}
