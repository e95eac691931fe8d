import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seed } from '../../support/seed.js';
import { buildModel, runner, runUnitTest } from './models.js';

test('the software RTL8168 passes its unit test under ASAN and UBSAN', async () => {
  await runUnitTest(await buildModel('rtl8168', 'rtl_unit_test'));
});

test(`random registers, descriptors and frames keep the model in its memory (seed ${seed()})`, async () => {
  const fuzz = await buildModel('rtl8168', 'rtl_fuzz');
  for (const start of [seed(), 20240607, 3735928559]) {
    const result = await runner.run({ file: fuzz, args: ['300000', String(start)], allowFailure: true });
    assert.equal(result.exitCode, 0, `seed ${start}: ${result.stdout}${result.stderr}`);
  }
});
