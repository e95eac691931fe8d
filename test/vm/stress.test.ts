/*
 * Many processes on the same switches: exact accounting, then everything at random under traffic, between which the
 * modules go and come. 30 s on Debian's 6.12; NETMAP_NIGHTLY=1 makes it 5 minutes, there and on the newest kernel, and
 * unloads amid the traffic too.
 * NETMAP_STRESS_SECONDS sets another length, NETMAP_SEED repeats a run.
 *
 *     [4 senders] --- vale0 --- [4 receivers]        [8 processes] --- vale0, vale1, eth0, v0 v1 v2, pipes, monitors
 */
import { test } from 'node:test';
import { seed } from '../support/seed.js';
import { runNetmapVm } from './netmap.js';

const nightly = process.env.NETMAP_NIGHTLY === '1';
const seconds = Number(process.env.NETMAP_STRESS_SECONDS ?? (nightly ? 300 : 30));

for (const series of ['6.12', '7.3'] as const) {
  const skip = series === '7.3' && !nightly ? 'only with NETMAP_NIGHTLY=1' : false;
  test(`8 processes change switches at random under traffic (${series}, seed ${seed()})`, {
    skip,
  }, async () => {
    await runNetmapVm({
      series,
      script: 'stress.sh',
      variables: {
        PACKETS: 50_000,
        SECONDS_LONG: seconds,
        SEED: seed(),
        UNLOAD: nightly ? 'amid' : 'between',
      },
      guestPrograms: ['stress'],
      spec: { nics: [{ model: 'rtl8168' }], timeoutMs: (seconds + 500) * 1000 },
    });
  });
}
