import { test } from 'node:test';
import { buildModel, runUnitTest } from './models.js';

test('the software ptnet passes its unit test under ASAN and UBSAN, garbage of the guest included', async () => {
  await runUnitTest(await buildModel('ptnet', 'pt_unit_test'));
});
