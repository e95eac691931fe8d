/*
 * CSB mode and the sync loop on Debian's 6.12 and 5.10:
 *
 *     [program] --CSB-- [loop of a] --- vale0 --- [b]
 */
import { test } from 'node:test';
import { runNetmapVm } from './netmap.js';

for (const series of ['6.12', '5.10'] as const) {
  test(`the sync loop runs, sleeps, is kicked, stops and dies (${series})`, async () => {
    await runNetmapVm({ series, script: 'kloop.sh', guestPrograms: ['kloop', 'loops'], spec: { nics: [] } });
  });
}
