/*
 * Requests, options and their errors: tables in guest/control.c and guest/legacy.c, one row one case.
 *
 *     [nmsink0: native]   [v0: emulated] --- veth --- [v1]
 *
 * On one kernel the machine has two NUMA nodes, each with half of the memory.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCoreVm } from './core-vm.js';

for (const series of ['5.10', '6.12'] as const) {
  test(`the control interface on ${series}: every request and error`, async () => {
    const verdict = await runCoreVm({
      series,
      script: 'control.sh',
      guestPrograms: [
        'regions',
        'control',
        'options',
        'requests',
        'registering',
        'mappings',
        'rings',
        'ports',
        'legacy',
      ],
      spec: { numaNodes: series === '6.12' ? 2 : 1 },
    });
    assert.ok(verdict.tests.length > 400, 'all rows of the tables were reached');
  });
}
