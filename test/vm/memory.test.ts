/*
 * Memory that programs bring (EXTMEM), anonymous and huge pages, on a native and on emulated ports:
 *
 *     [nmsink0]   [v0] --- veth --- [v1]
 */
import { test } from 'node:test';
import { runCoreVm } from './core-vm.js';

for (const series of ['5.10', '6.12'] as const) {
  test(`memory of programs on ${series}`, async () => {
    await runCoreVm({ series, script: 'memory.sh', guestPrograms: ['extmem', 'bounds'] });
  });
}

test('memory of programs and a native driver behind an IOMMU', async () => {
  const nic = { model: 'rtl8168' as const };
  await runCoreVm({
    series: '6.12',
    script: 'memory-iommu.sh',
    guestPrograms: ['extmem', 'hostile', 'nmcheck'],
    spec: { iommu: true, nics: [nic, nic] },
  });
});
