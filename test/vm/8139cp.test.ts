/*
 * A driver that never had netmap support before, ported with this project's tool, on QEMU's own RTL8139C+:
 *
 *     [eth0] --- hub 0 --- [eth1]
 */
import { test } from 'node:test';
import { runPortedVm } from './ported.js';

for (const series of ['6.1', '6.12'] as const)
  test(`8139cp on ${series}: native traffic, life and unloading`, async () => {
    await runPortedVm({
      series,
      scripts: ['ported.sh', '8139cp.sh'],
      variables: { COUNT: 20_000 },
      spec: { modules: ['mii'], nics: [{ model: 'rtl8139' }, { model: 'rtl8139' }] },
    });
  });
