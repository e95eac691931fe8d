import path from 'node:path';
import type { ParsedVmSpec, VmNic } from './spec.js';

/** Files of one boot, all in one private directory. */
export interface BootFiles {
  readonly initramfs: string;
  readonly console: string;
  readonly verdict: string;
  readonly returned: string;
  readonly monitor: string;
}

export function bootFiles(directory: string): BootFiles {
  return {
    initramfs: path.join(directory, 'initramfs.cpio'),
    console: path.join(directory, 'console.log'),
    verdict: path.join(directory, 'verdict.ktap'),
    returned: path.join(directory, 'returned.txt'),
    monitor: path.join(directory, 'qmp.sock'),
  };
}

/** The kernel's command line: any WARN or oops panics, a panic ends the run at once. */
export function kernelCommandLine(spec: ParsedVmSpec): string {
  return [
    'console=ttyS0',
    'panic=-1',
    'oops=panic',
    ...(spec.panicOnWarn ? ['panic_on_warn=1'] : []),
    'mitigations=off',
    // Test programs map the NIC model's guard window, which the driver may have claimed.
    'iomem=relaxed',
    // Floods of messages must not push a warning out of the log before it is scanned.
    'log_buf_len=8M',
    // TCG is slow and shared: its clock is fine, and nothing here tests the kernel's ciphers.
    'tsc=reliable',
    'no_timer_check',
    'cryptomgr.notests',
    'rcupdate.rcu_expedited=1',
    ...(spec.iommu ? ['intel_iommu=on', 'iommu.strict=1'] : []),
    ...spec.kernelArgs,
  ].join(' ');
}

export function nicMac(nic: VmNic, index: number): string {
  return nic.mac ?? `02:6e:6d:00:00:${(index + 1).toString(16).padStart(2, '0')}`;
}

function cableArgs(nic: VmNic, index: number): string[] {
  const id = `net${index}`;
  if ('hub' in nic.cable) return ['-netdev', `hubport,id=${id},hubid=${nic.cable.hub}`];
  const server = 'listen' in nic.cable;
  const file = 'listen' in nic.cable ? nic.cable.listen : nic.cable.connect;
  return [
    '-netdev',
    `stream,id=${id},server=${server ? 'on' : 'off'},addr.type=unix,addr.path=${file.replaceAll(',', ',,')}`,
  ];
}

function nicArgs(nic: VmNic, index: number): string[] {
  const common = `id=nic${index},netdev=net${index},mac=${nicMac(nic, index)}`;
  if (nic.model === 'rtl8168') {
    // Behind a port of 2.5 GT/s: at a higher speed a bus reset of the chip fails (link retraining).
    const options = [
      `rtl8168,bus=port${index},chip=${nic.chip},aneg-ms=${nic.anegMs}`,
      `tx-sync=${nic.txSync ? 'on' : 'off'},pause=${nic.pause ? 'on' : 'off'},rx-buf-max=${nic.rxBufMax}`,
      common,
    ];
    return [
      '-device',
      `pcie-root-port,id=port${index},chassis=${index + 1},slot=${index + 1},x-speed=2_5`,
      '-device',
      options.join(','),
    ];
  }
  if (nic.model === 'ptnet') {
    const options = [
      `ptnet,bus=pcie.0,memdev=ptmem,tx-rings=${nic.txRings},rx-rings=${nic.rxRings},slots=${nic.slots}`,
      `vnet=${nic.vnet ? 'on' : 'off'},host-rings=${nic.hostRings ? 'on' : 'off'}`,
      ...(nic.wire === undefined ? [] : [`wire=${nic.wire}`]),
      common,
    ];
    return ['-device', options.join(',')];
  }
  return ['-device', `${nic.model},${common}`];
}

/** Processors and memory; node i of several has the i-th part of both, in a socket of its own. */
function machineArgs({ cpus, memoryMb, numaNodes }: ParsedVmSpec): string[] {
  const memory = ['-m', String(memoryMb)];
  if (numaNodes === 1) return ['-smp', String(cpus), ...memory];
  const share = cpus / numaNodes;
  const nodes = Array.from({ length: numaNodes }, (_, node) => [
    ...['-object', `memory-backend-ram,id=node${node},size=${memoryMb / numaNodes}M`],
    ...['-numa', `node,nodeid=${node},memdev=node${node},cpus=${node * share}-${(node + 1) * share - 1}`],
  ]);
  return ['-smp', `${cpus},sockets=${numaNodes},cores=${share}`, ...memory, ...nodes.flat()];
}

/** The whole command line of QEMU for a run. Pure, so that tests compare it. */
export function qemuArgs(spec: ParsedVmSpec, files: BootFiles): string[] {
  const port = (id: string, file: string) => [
    '-chardev',
    `file,id=${id},path=${file.replaceAll(',', ',,')}`,
    '-serial',
    `chardev:${id}`,
  ];
  return [
    '-nodefaults',
    '-no-user-config',
    '-display',
    'none',
    '-machine',
    'q35',
    '-accel',
    'tcg',
    '-cpu',
    // With random numbers of its own a kernel has enough of them at once, and does not change its code for that seconds later.
    'qemu64,+rdrand',
    ...machineArgs(spec),
    ...(spec.countInstructions ? ['-icount', 'shift=0,sleep=off'] : []),
    // A reboot (panic=-1) ends the run; the machine then waits, so that counters can still be read.
    '-no-reboot',
    '-no-shutdown',
    '-kernel',
    spec.kernel.image,
    '-initrd',
    files.initramfs,
    '-append',
    kernelCommandLine(spec),
    ...port('console', files.console),
    ...port('verdict', files.verdict),
    ...port('returned', files.returned),
    '-chardev',
    `socket,id=qmp,path=${files.monitor},server=on,wait=off`,
    '-mon',
    'chardev=qmp,mode=control',
    ...(spec.iommu ? ['-device', 'intel-iommu'] : []),
    ...(spec.nics.some((nic) => nic.model === 'ptnet')
      ? ['-device', 'ptnet-memdev,id=ptmem,bus=pcie.0']
      : []),
    ...spec.nics.flatMap((nic, index) => [...cableArgs(nic, index), ...nicArgs(nic, index)]),
  ];
}
