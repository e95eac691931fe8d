/*
 * Pipes on Debian's 6.12 and 5.10:
 *
 *     [master: program] --- eth0{x === eth0}x --- [slave: program]
 */
import { test } from 'node:test';
import { runNetmapVm } from './netmap.js';

for (const series of ['6.12', '5.10'] as const) {
  test(`pipes keep their slots, buffers and order (${series})`, async () => {
    await runNetmapVm({
      series,
      script: 'pipe.sh',
      guestPrograms: ['pipe', 'nmcheck'],
      spec: { nics: [{ model: 'rtl8168' }] },
    });
  });
}
