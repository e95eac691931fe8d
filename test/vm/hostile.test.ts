/*
 * Programs that break the rules while traffic runs, and 10,000 registrations from 8 processes:
 *
 *     [v0] --- veth --- [v1]   [eth0] --- hub 0 --- [eth1]  e1000   [nmsink0]
 *
 * NETMAP_NIGHTLY=1 gives each kind ten minutes instead of half a minute for calls, ten seconds for the others.
 */
import { test } from 'node:test';
import { seed } from '../support/seed.js';
import { runCoreVm } from './core-vm.js';

const nightly = process.env.NETMAP_NIGHTLY === '1';
const nic = { model: 'e1000' as const };

for (const series of ['5.10', '6.12'] as const) {
  test(`hostile programs on ${series}, seed ${seed(0)}: no crash, no leak, the ports work afterwards`, async () => {
    await runCoreVm({
      series,
      script: 'hostile.sh',
      variables: { SEED: seed(0), ...(nightly ? { SECONDS_EACH: 600 } : { SECONDS_EACH: 10, CALLS: 30 }) },
      guestPrograms: ['hostile', 'nmcheck', 'nullport'],
      spec: { nics: [nic, nic], timeoutMs: nightly ? 3_000_000 : 600_000 },
    });
  });
}
