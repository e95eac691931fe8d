import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { realFiles } from '../../../src/core/files.js';
import { packageRoot } from '../../../src/core/paths.js';
import { loadManifest } from '../../../src/facts/drivers/manifest.js';
import { planPort } from '../../../src/porting/place/plan.js';
import { seed } from '../../support/seed.js';
import { runToy, toySource } from '../toy-driver.js';
import { mutate } from './mutate.js';

/**
 * Random edits of a driver's source: each must be refused, or ported so that the running driver keeps every
 * promise of netmap mode and behaves as the unported one without it. NETMAP_MUTATIONS sets how many,
 * NETMAP_SEED the number of the first.
 */
const COUNT = Number(process.env.NETMAP_MUTATIONS ?? 32);
const FIRST = seed(0);

type Verdict = 'refused' | 'equal in effect' | 'not C' | 'driver broken by the edit';

const manifest = await loadManifest(path.join(packageRoot, 'test/porting/fixtures/mini-r8169'), realFiles);

async function judge(text: string): Promise<Verdict> {
  const plan = planPort(manifest, new Map([['r8169_main.c', text]]));
  if (plan.refusals.length > 0) {
    assert.equal(plan.files.size, 0, 'a refused plan changes nothing');
    for (const { what, manifest: member } of plan.refusals) assert.ok(what !== '' && member !== '');
    return 'refused';
  }
  const ported = plan.files.get('r8169_main.c') as string;
  // Compiling the unmodified driver comes first in a real port too: what does not build is refused there.
  const vanilla = await runToy(text, false);
  if (vanilla.state === 'does-not-compile') return 'not C';
  const result = await runToy(ported, true);
  assert.notEqual(result.state, 'does-not-compile', result.output);
  if (vanilla.state === 'failed') return 'driver broken by the edit';
  assert.equal(result.state, 'ok', result.output.split('\n').slice(-3).join('\n'));
  assert.ok(result.output.startsWith(vanilla.output.replace(/unregister\n[\s\S]*$/, '').slice(0, 400)));
  return 'equal in effect';
}

test('the unchanged toy driver is ported and keeps its promises', async () => {
  assert.equal(await judge(toySource), 'equal in effect');
});

test(`${COUNT} random edits from ${FIRST} on are refused or equal in effect`, {
  concurrency: true,
}, async (context) => {
  const verdicts = new Map<Verdict, number>();
  const wrong: string[] = [];
  let next = FIRST;
  const worker = async (): Promise<void> => {
    while (next < FIRST + COUNT) {
      const number = next++;
      const mutant = mutate(toySource, number);
      try {
        const verdict = await judge(mutant.text);
        verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
      } catch (error) {
        wrong.push(`edit ${number} (${mutant.kind}): ${(error as Error).message}`);
      }
    }
  };
  await Promise.all([worker(), worker()]);
  for (const [verdict, count] of verdicts) context.diagnostic(`${verdict}: ${count}`);
  assert.deepEqual(wrong, []);
  // Edits that are all refused, or all no C, would show nothing of the ported ones.
  if (COUNT >= 32) assert.ok((verdicts.get('equal in effect') ?? 0) >= COUNT / 8, 'some are ported');
});
