/*
 * No wake-up is lost: threads that sleep in poll, select and epoll at both ends of a pipe and of a switch, on Debian's
 * 6.12 with full preemption and more CPUs than most hosts have, so that any thread stops anywhere. NETMAP_NIGHTLY=1:
 * millions of rounds, and on the newest kernel too.
 *
 *     [A: 1 to 3 threads] --- pipe, or vale9 --- [B: 1 to 3 threads]
 */
import { test } from 'node:test';
import { seed } from '../support/seed.js';
import { runNetmapVm } from './netmap.js';

const nightly = process.env.NETMAP_NIGHTLY === '1';
const rounds = Number(process.env.NETMAP_WAKEUP_ROUNDS ?? (nightly ? 100_000 : 2000));

for (const series of ['6.12', '7.3'] as const) {
  const skip = series === '7.3' && !nightly ? 'only with NETMAP_NIGHTLY=1' : false;
  test(`a sleeping thread hears of what it waits for (${series}, seed ${seed()})`, { skip }, async () => {
    await runNetmapVm({
      series,
      script: 'wakeup.sh',
      variables: { ROUNDS: rounds, SEED: seed() },
      guestPrograms: ['wakeup'],
      spec: {
        nics: [],
        cpus: 4,
        kernelArgs: ['ipv6.disable=1', 'preempt=full'],
        timeoutMs: 300_000 + rounds * 30,
      },
    });
  });
}
