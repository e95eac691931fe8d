/*
 * What a user may do with memory: pinned pages against the limit of the user.
 */
import { test } from 'node:test';
import { runCoreVm } from './core-vm.js';

for (const series of ['5.10', '6.12'] as const) {
  test(`memory and users on ${series}`, async () => {
    await runCoreVm({ series, script: 'owners.sh', guestPrograms: ['memlock'] });
  });
}
