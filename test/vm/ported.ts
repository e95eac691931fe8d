import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { withLock } from '../../src/core/lock.js';
import { cacheDirectory, packageRoot } from '../../src/core/paths.js';
import type { Tools } from '../../src/core/tools.js';
import { addTree } from '../../src/lab/demo/build.js';
import { obtainBuildRoot } from '../../src/lab/vm/build-root.js';
import type { DebianKernel } from '../../src/lab/vm/debian-kernel.js';
import type { KernelSeries } from '../../src/lab/vm/kernel-packages.js';
import type { VmSpec, VmVerdict } from '../../src/lab/vm/vm.js';
import { bootForTest, testKernel, vmDeps } from './fixture.js';
import { guestProgram } from './netmap.js';

/** Drivers whose hardware QEMU has, or that need none, and where their modules are in a build folder. */
const modules = { '8139cp.c': '8139cp.ko', e1000: 'e1000/e1000.ko', 'veth.c': 'veth.ko' } as const;

const INPUTS = ['dist/src', 'drivers', 'final-patches', 'kernel', 'templates'];

export interface PortedVm {
  readonly series: KernelSeries;
  /** Files of test/vm/guest to run one after the other, and shell variables that they expect. */
  readonly scripts: readonly string[];
  readonly variables: Readonly<Record<string, string | number>>;
  /** Programs of test/vm/guest besides those that every script has. */
  readonly guestPrograms?: readonly string[];
  readonly spec: Partial<VmSpec>;
}

/** Boots a VM with netmap.ko and the patched 8139cp, e1000 and veth, and runs guest scripts in it. */
export async function runPortedVm(vm: PortedVm): Promise<VmVerdict> {
  const { series, scripts, variables, spec } = vm;
  const deps = vmDeps();
  const kernel = await testKernel(series, deps);
  const build = await buildPorted(kernel, deps);
  const files: Record<string, { host: string; mode?: number }> = {
    '/netmap.ko': { host: path.join(build, 'netmap.ko') },
  };
  for (const file of Object.values(modules))
    files[`/${path.basename(file)}`] = { host: path.join(build, file) };
  for (const name of ['nmcheck', 'nmduplex', 'nmopen', 'cable', ...(vm.guestPrograms ?? [])])
    files[`/bin/${name}`] = { host: await guestProgram(name, deps), mode: 0o755 };
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  const texts = scripts.map((name) => readFile(path.join(packageRoot, 'test/vm/guest', name), 'utf8'));
  return bootForTest(
    {
      name: 'ported',
      kernel,
      availableModules: ['af_packet'],
      memoryMb: 768,
      kernelArgs: ['ipv6.disable=1'],
      timeoutMs: 600_000,
      ...spec,
      script: [...lines, ...(await Promise.all(texts))].join(''),
      files,
      programs: ['ip', 'ethtool'],
    },
    deps,
  );
}

/** One build folder for all of them and each state of the sources. */
async function buildPorted(kernel: DebianKernel, deps: Tools): Promise<string> {
  const key = createHash('sha256').update(kernel.release);
  for (const input of INPUTS) await addTree(key, path.join(packageRoot, input), deps.files);
  const name = `ported-${kernel.series}-${key.digest('hex').slice(0, 16)}`;
  const build = path.join(cacheDirectory(), 'builds', name);
  await withLock(`${build}.lock`, async () => {
    if (await deps.files.exists(path.join(build, '.complete'))) return;
    await deps.files.remove(build);
    await deps.files.makeDirectory(build);
    const { env } = await obtainBuildRoot(kernel, deps);
    const configure = [
      path.join(packageRoot, 'bin/netmap-configure.js'),
      `--kernel-dir=${kernel.buildDir}`,
      `--kernel-sources=${kernel.sourceDir}`,
      `--drivers=${Object.keys(modules).join(',')}`,
      '--no-ext-drivers',
      '--no-apps',
    ];
    await deps.runner.run({ file: process.execPath, args: configure, cwd: build, env });
    await deps.runner.run({ file: 'make', args: ['netmap.ko'], cwd: build, env });
    await deps.files.write(path.join(build, '.complete'), '');
  });
  return build;
}
