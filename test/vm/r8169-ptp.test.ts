/*
 * An erratum of RTL8125A and B, against which the driver makes frames longer; topology: see r8169.test.ts.
 */
import { test } from 'node:test';
import { runNetmapVm } from './netmap.js';

for (const [chip, short] of [
  ['8125b', 81],
  ['8168h', 60],
] as const)
  test(`r8169 ${chip}: short UDP frames to ports of PTP have ${short} bytes at least`, async () => {
    const nic = { model: 'rtl8168' as const, chip, rxBufMax: 0 };
    await runNetmapVm({
      series: '6.12',
      script: 'r8169-ptp.sh',
      variables: { SHORT: short },
      spec: { nics: [nic, nic] },
    });
  });
