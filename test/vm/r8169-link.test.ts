/*
 * Programs that wait for a link; topology: see r8169.test.ts.
 */
import { test } from 'node:test';
import { runNetmapVm } from './netmap.js';

test('r8169 8168h on 6.12: a sender that sleeps without a link goes on when it comes', async () => {
  const nic = { model: 'rtl8168' as const, chip: '8168h' as const, rxBufMax: 0 };
  await runNetmapVm({
    series: '6.12',
    script: 'r8169-link.sh',
    guestPrograms: ['nmcheck'],
    spec: { nics: [nic, nic] },
  });
});
