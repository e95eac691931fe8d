/*
 * Emulated ports on interfaces of all kinds, frames compared byte by byte:
 *
 *     [v0] --- veth --- [v1]      [eth0] --- hub 0 --- [eth1]  e1000
 *     [d0: dummy]  [tap0]         [eth2] --- hub 1 --- [eth3]  virtio-net
 *     [br0 over v0]               [v0.5] --- [v1.5]  VLAN 5
 *     [tap1: 4 queues]            [eth4] --- hub 2 --- [eth5]  vmxnet3, 2 queues
 */
import { test } from 'node:test';
import { runCoreVm } from './core-vm.js';

const nic = (model: 'e1000' | 'virtio-net-pci' | 'vmxnet3', hub: number) => ({ model, cable: { hub } });
const nics = [
  ...[nic('e1000', 0), nic('e1000', 0), nic('virtio-net-pci', 1), nic('virtio-net-pci', 1)],
  ...[nic('vmxnet3', 2), nic('vmxnet3', 2)],
];

for (const series of ['5.10', '6.12'] as const) {
  test(`emulated ports on ${series}: every kind of interface, byte by byte`, async () => {
    await runCoreVm({
      series,
      script: 'emulated.sh',
      guestPrograms: ['emulated', 'nmcheck', 'portinfo', 'queues'],
      spec: { nics },
    });
  });
}
