import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { withLock } from '../../src/core/lock.js';
import { cacheDirectory, packageRoot } from '../../src/core/paths.js';
import type { Tools } from '../../src/core/tools.js';
import { buildNetmap } from '../../src/lab/demo/build.js';
import type { KernelSeries } from '../../src/lab/vm/kernel-packages.js';
import type { VmSpec, VmVerdict } from '../../src/lab/vm/vm.js';
import { bootForTest, testKernel, vmDeps } from './fixture.js';

const GUEST = path.join(packageRoot, 'test', 'vm', 'guest');

/** What the C programs of test/vm/guest include. */
const HEADERS = [
  'test/vm/guest/nmtest.h',
  'test/vm/guest/kloop.h',
  'test/vm/guest/requests.h',
  'kernel/include/net',
  'apps/common',
  'lab/nic-models/rtl8168/rtl_guard.h',
];

/** Path of a script of test/vm/guest. */
export function guestScript(name: string): string {
  return path.join(GUEST, name);
}

/** A program of test/vm/guest, linked statically, built once for each state of its sources. */
export async function guestProgram(name: string, deps: Tools = vmDeps()): Promise<string> {
  const source = path.join(GUEST, `${name}.c`);
  const key = createHash('sha256').update(await readFile(source));
  for (const header of HEADERS) await addHeaders(key, path.join(packageRoot, header), deps);
  const program = path.join(cacheDirectory(), 'guest-programs', `${name}-${key.digest('hex').slice(0, 16)}`);
  await withLock(`${program}.lock`, async () => {
    if (await deps.files.exists(program)) return;
    const include = `-I${path.join(packageRoot, 'kernel', 'include')}`;
    const args = [
      '-O2',
      '-static',
      '-pthread',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-Wno-unused-function',
      include,
    ];
    await deps.runner.run({ file: 'cc', args: [...args, '-o', `${program}.part`, source] });
    await deps.runner.run({ file: 'mv', args: [`${program}.part`, program] });
  });
  return program;
}

async function addHeaders(key: ReturnType<typeof createHash>, where: string, deps: Tools): Promise<void> {
  const files = (await deps.files.isDirectory(where))
    ? (await deps.files.list(where))
        .filter((file) => file.endsWith('.h'))
        .map((file) => path.join(where, file))
    : [where];
  for (const file of files) key.update(await readFile(file));
}

export interface NetmapVm {
  readonly series: KernelSeries;
  /** File of test/vm/guest to run, and shell variables that it expects. */
  readonly script: string;
  readonly variables?: Readonly<Record<string, string | number>>;
  /** Programs of test/vm/guest. */
  readonly guestPrograms?: readonly string[];
  readonly spec?: Partial<VmSpec>;
}

/** Boots a VM with netmap.ko and the patched r8169 of the current sources, and runs a guest script in it. */
export async function runNetmapVm(vm: NetmapVm): Promise<VmVerdict> {
  const deps = vmDeps();
  const kernel = await testKernel(vm.series, deps);
  const build = await buildNetmap(kernel, deps);
  const variables = Object.entries(vm.variables ?? {}).map(([name, value]) => `${name}=${value}\n`);
  const programs = await Promise.all((vm.guestPrograms ?? []).map((name) => guestProgram(name, deps)));
  const guest = Object.fromEntries(
    programs.map((host, index) => [`/bin/${vm.guestPrograms?.[index]}`, { host, mode: 0o755 }]),
  );
  return bootForTest(
    {
      name: path.basename(vm.script, '.sh'),
      kernel,
      modules: ['realtek', 'mdio_devres'],
      memoryMb: 1024,
      kernelArgs: ['ipv6.disable=1'],
      timeoutMs: 600_000,
      ...vm.spec,
      availableModules: ['r8169', 'af_packet', ...(vm.spec?.availableModules ?? [])],
      script: `${variables.join('')}${await readFile(path.join(GUEST, vm.script), 'utf8')}`,
      files: {
        '/netmap.ko': { host: build.netmap },
        '/r8169.ko': { host: build.r8169 },
        '/r8169.sh': { host: path.join(GUEST, 'r8169.sh') },
        ...guest,
        ...vm.spec?.files,
      },
      programs: ['ip', 'ethtool', build.pktGen, build.pktsock, ...(vm.spec?.programs ?? [])],
    },
    deps,
  );
}
