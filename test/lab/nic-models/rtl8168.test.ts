import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildModel, runner, runUnitTest } from './models.js';

test('the software RTL8168 passes its unit test under ASAN and UBSAN', async () => {
  await runUnitTest(await buildModel('rtl8168', 'rtl_unit_test'));
});

test('random registers, descriptors and frames never take the model out of its memory', async () => {
  const fuzz = await buildModel('rtl8168', 'rtl_fuzz');
  for (const seed of ['1', '20240607', '3735928559']) {
    const result = await runner.run({ file: fuzz, args: ['300000', seed], allowFailure: true });
    assert.equal(result.exitCode, 0, `seed ${seed}: ${result.stdout}${result.stderr}`);
  }
});
