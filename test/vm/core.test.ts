/*
 * Every test of the core in one boot a kernel, with less load than control, emulated, hostile, life and memory.test.ts
 * put on the oldest kernel and the usual one:
 *
 *     [v0] --- veth --- [v1]      [eth0] --- hub 0 --- [eth1]  e1000
 *     [m0] --- veth --- [m1]      [eth2] --- hub 1 --- [eth3]  virtio-net     [nmsink0]
 *                                 [eth4] --- hub 2 --- [eth5]  vmxnet3, 2 queues
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlPrograms, runCoreVm } from './core-vm.js';
import { guestScript } from './netmap.js';

const nic = (model: 'e1000' | 'virtio-net-pci' | 'vmxnet3', hub: number) => ({ model, cable: { hub } });
const nics = [
  ...[nic('e1000', 0), nic('e1000', 0), nic('virtio-net-pci', 1), nic('virtio-net-pci', 1)],
  ...[nic('vmxnet3', 2), nic('vmxnet3', 2)],
];
const scripts = ['control', 'life', 'memory', 'emulated', 'hostile'];

for (const series of ['6.1', '7.3'] as const) {
  test(`the core on ${series}`, async () => {
    const verdict = await runCoreVm({
      series,
      script: 'core.sh',
      variables: { SECONDS_EACH: 2, CYCLES: 2000, FLOOD: 20_000 },
      guestPrograms: [
        ...controlPrograms,
        ...['fdpass', 'extmem', 'bounds', 'emulated', 'portinfo', 'hostile', 'nmcheck', 'nullport', 'queues'],
      ],
      spec: {
        nics,
        files: Object.fromEntries(
          scripts.map((name) => [`/${name}.sh`, { host: guestScript(`${name}.sh`) }]),
        ),
        timeoutMs: 600_000,
      },
    });
    assert.ok(verdict.tests.length > 2500, 'all scripts ran to their end');
  });
}
