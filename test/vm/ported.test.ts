/*
 * Drivers ported with this project's tool whose hardware QEMU has, or that need none:
 *
 *     [eth0 e1000] --- hub 0 --- [eth1 e1000]        [left] === veth === [right]
 */
import { test } from 'node:test';
import { runPortedVm } from './ported.js';

for (const [series, count] of [
  ['5.10', 20_000],
  ['6.1', 200_000],
  ['6.12', 2_000_000],
  ['7.3', 200_000],
] as const)
  test(`e1000 and veth on ${series}: native traffic, life and unloading`, async () => {
    await runPortedVm({
      series,
      scripts: ['ported.sh', 'e1000.sh', 'veth.sh'],
      variables: { COUNT: count },
      spec: { nics: [{ model: 'e1000' }, { model: 'e1000' }] },
    });
  });
