/*
 * Monitors on Debian's 6.12 and 5.10:
 *
 *     [a] [b] --- vale0        [monitors of a, b, a pipe, and d0's host rings]
 */
import { test } from 'node:test';
import { runNetmapVm } from './netmap.js';

for (const series of ['6.12', '5.10'] as const) {
  test(`monitors see every packet at its time (${series})`, async () => {
    await runNetmapVm({
      series,
      script: 'monitor.sh',
      guestPrograms: ['monitor'],
      spec: { nics: [], availableModules: ['dummy'] },
    });
  });
}
