/*
 * VALE switches on Debian's 6.12 and 5.10:
 *
 *     [a] [b] [c] --- vale0 --- eth0 ~~~ hub ~~~ eth1
 */
import { test } from 'node:test';
import { runNetmapVm } from './netmap.js';

const nic = { model: 'rtl8168' as const };

for (const series of ['6.12', '5.10'] as const) {
  test(`names, life cycles and packets of switch ports (${series})`, async () => {
    await runNetmapVm({
      series,
      script: 'vale.sh',
      guestPrograms: ['vale', 'vnet', 'valectl', 'nmcheck'],
      spec: { nics: [nic, nic] },
    });
  });
}

// NETMAP_STRESS_SECONDS=300 for the long run, NETMAP_STRESS_SEED to repeat one.
test('8 processes change switches at random under traffic', async () => {
  const seed = Number(process.env.NETMAP_STRESS_SEED ?? Date.now() % 100_000);
  const seconds = Number(process.env.NETMAP_STRESS_SECONDS ?? 20);
  await runNetmapVm({
    series: '6.12',
    script: 'stress.sh',
    variables: { PACKETS: 50_000, SECONDS_LONG: seconds, SEED: seed },
    guestPrograms: ['stress'],
    spec: { nics: [nic], timeoutMs: (seconds + 240) * 1000 },
  });
});
