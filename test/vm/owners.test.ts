/*
 * Memory and users: which program may have which region, and what it may pin. Boxes are user and network namespaces:
 *
 *     root, alice, bob: [o0 dummy]        box 1: [d0 dummy]        box 2: [d0 dummy]
 */
import { test } from 'node:test';
import { runCoreVm } from './core-vm.js';

for (const series of ['5.10', '6.12'] as const) {
  test(`memory and users on ${series}`, async () => {
    await runCoreVm({ series, script: 'owners.sh', guestPrograms: ['memlock', 'owners'] });
  });
}
