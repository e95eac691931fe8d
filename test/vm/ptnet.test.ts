/*
 * Passthrough devices on Debian's 6.12 and 5.10; the host is a model. See guest/ptnet.sh for the topology.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNetmapVm } from './netmap.js';

const plain = { model: 'ptnet' as const, vnet: false };
const wire = { model: 'ptnet' as const, wire: 'w' };

for (const series of ['6.12', '5.10'] as const) {
  test(`passthrough devices: netmap, the stack, hosts that lie (${series})`, async () => {
    const verdict = await runNetmapVm({
      series,
      script: 'ptnet.sh',
      guestPrograms: ['ptnet', 'tcpsum', 'nmcheck', 'nmopen', 'valectl'],
      spec: {
        nics: [
          { ...plain, txRings: 2, rxRings: 2, hostRings: true },
          plain,
          wire,
          wire,
          { model: 'ptnet', cable: { hub: 1 } },
          { ...plain, cable: { hub: 1 } },
        ],
      },
    });
    for (const nic of Object.values(verdict.nics))
      assert.equal(nic.creates, nic.deletes, 'every start ended');
  });
}
