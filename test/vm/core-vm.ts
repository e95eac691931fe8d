import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { packageRoot } from '../../src/core/paths.js';
import { buildNetmap } from '../../src/lab/demo/build.js';
import type { KernelSeries } from '../../src/lab/vm/kernel-packages.js';
import type { VmSpec, VmVerdict } from '../../src/lab/vm/vm.js';
import { bootForTest, testKernel, vmDeps } from './fixture.js';
import { guestProgram } from './netmap.js';

const GUEST = path.join(packageRoot, 'test', 'vm', 'guest');

/** What guest/control.sh runs. */
export const controlPrograms =
  'regions control options requests registering mappings rings ports legacy'.split(' ');

export interface CoreVm {
  readonly series: KernelSeries;
  /** File of test/vm/guest to run, and shell variables that it expects. */
  readonly script: string;
  readonly variables?: Readonly<Record<string, string | number>>;
  /** Programs of test/vm/guest. */
  readonly guestPrograms?: readonly string[];
  readonly spec?: Partial<VmSpec>;
}

/** Boots a VM with netmap.ko, every optional part of it built in, and runs a guest script beside stock drivers. */
export async function runCoreVm(vm: CoreVm): Promise<VmVerdict> {
  const deps = vmDeps();
  const kernel = await testKernel(vm.series, deps);
  const build = await buildNetmap(kernel, deps, ['--enable-sink', '--enable-extmem']);
  const variables = Object.entries(vm.variables ?? {}).map(([name, value]) => `${name}=${value}\n`);
  const programs = await Promise.all(
    (vm.guestPrograms ?? []).map(async (name) => {
      return [`/bin/${name}`, { host: await guestProgram(name, deps), mode: 0o755 }] as const;
    }),
  );
  return bootForTest(
    {
      name: path.basename(vm.script, '.sh'),
      kernel,
      memoryMb: 1024,
      kernelArgs: ['ipv6.disable=1'],
      timeoutMs: 600_000,
      ...vm.spec,
      availableModules: [
        'veth',
        'dummy',
        'tun',
        'bridge',
        '8021q',
        'e1000',
        'virtio_net',
        'virtio_pci',
        'vmxnet3',
        'af_packet',
        'realtek',
        'mdio_devres',
        'r8169',
        ...(vm.spec?.availableModules ?? []),
      ],
      script: `${variables.join('')}${await readFile(path.join(GUEST, vm.script), 'utf8')}`,
      files: {
        '/netmap.ko': { host: build.netmap },
        '/r8169.ko': { host: build.r8169 },
        ...Object.fromEntries(programs),
        ...vm.spec?.files,
      },
      programs: ['ip', 'ethtool', 'tc', build.pktGen, build.pktsock, ...(vm.spec?.programs ?? [])],
    },
    deps,
  );
}
