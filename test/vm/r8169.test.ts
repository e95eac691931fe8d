/*
 * The native r8169 on the real driver of Debian's kernels:
 *
 *     [eth0 = nic0] --- hub 0 --- [eth1 = nic1]      software RTL8168h or RTL8125B
 *
 * runNetmapVm fails when a check of the guest fails, the kernel's log has a warning, or a NIC model saw DMA that
 * it must not see; what is asserted here comes on top.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNetmapVm } from './netmap.js';

const chips = ['8168h', '8125b'] as const;
const kernels = ['6.1', '6.12'] as const;

/** Two NICs of a chip; the guard refuses receive descriptors that could run over a netmap buffer. */
function nics(chip: (typeof chips)[number], guarded = true) {
  const nic = { model: 'rtl8168' as const, chip, ...(guarded ? { rxBufMax: 0 } : {}) };
  return [nic, nic];
}

for (const series of kernels) {
  for (const chip of chips) {
    test(`r8169 ${chip} on ${series}: a million frames, each accounted for and unharmed`, async () => {
      const verdict = await runNetmapVm({
        series,
        script: 'r8169-traffic.sh',
        variables: { SHORT: 1_000_000, LONG: 100_000 },
        guestPrograms: ['nmcheck'],
        spec: { nics: nics(chip) },
      });
      const { nic0, nic1 } = verdict.nics;
      assert.ok(nic0 !== undefined && nic1 !== undefined);
      assert.equal(nic0.tx_bad, 0);
      assert.equal(nic1.rx_bad, 0);
    });

    test(`r8169 ${chip} on ${series}: netmap mode comes and goes, programs die, modules unload`, async () => {
      await runNetmapVm({
        series,
        script: 'r8169-life.sh',
        guestPrograms: ['nmcheck', 'nmopen'],
        spec: { nics: nics(chip) },
      });
    });

    test(`r8169 ${chip} on ${series}: faults of the NIC`, async () => {
      await runNetmapVm({
        series,
        script: 'r8169-faults.sh',
        guestPrograms: ['nmcheck', 'nmhold'],
        // the stack's own transmit watchdog warns before it resets, on 6.1
        spec: { nics: nics(chip), panicOnWarn: false },
      });
    });
  }
}
