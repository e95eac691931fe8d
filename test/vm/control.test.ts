/*
 * Requests, options and their errors: tables in programs of guest/, one row one case.
 *
 *     [nmsink0: native]   [v0: emulated] --- veth --- [v1]
 *
 * On one kernel the machine has two NUMA nodes, each with half of the memory.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlPrograms, runCoreVm } from './core-vm.js';

for (const series of ['5.10', '6.12'] as const) {
  test(`the control interface on ${series}: every request and error`, async () => {
    const verdict = await runCoreVm({
      series,
      script: 'control.sh',
      guestPrograms: controlPrograms,
      // A node has half of the memory.
      spec: series === '6.12' ? { numaNodes: 2, memoryMb: 2048 } : {},
    });
    assert.ok(verdict.tests.length > 2000, 'all rows of the tables were reached');
  });
}
