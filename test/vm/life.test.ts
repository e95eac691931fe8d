/*
 * Interfaces that go down, move, die or lose their driver while programs have them open:
 *
 *     [v0] --- veth --- [v1]   [eth0] --- hub 0 --- [eth1]  e1000   [nmsink0]
 */
import { test } from 'node:test';
import { runCoreVm } from './core-vm.js';

const nic = { model: 'e1000' as const };

for (const series of ['5.10', '6.12'] as const) {
  test(`life of ports on ${series}: interfaces come and go under programs`, async () => {
    await runCoreVm({
      series,
      script: 'life.sh',
      guestPrograms: ['fdpass', 'nmcheck'],
      spec: { nics: [nic, nic] },
    });
  });
}
