/*
 * A driver that never had netmap support before, ported with this project's tool, on QEMU's own RTL8139C+:
 *
 *     [eth0] --- hub 0 --- [eth1]
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/system/paths.js';
import { obtainKernel } from '../../src/vm/debian-kernel.js';
import { runVm } from '../../src/vm/vm.js';
import { vmDeps } from './fixture.js';
import { guestProgram } from './netmap.js';

for (const series of ['6.1', '6.12'] as const)
  test(`8139cp on ${series}: native traffic, life and unloading`, async () => {
    const deps = vmDeps();
    const kernel = await obtainKernel(series, deps);
    const build = await mkdtemp(path.join(os.tmpdir(), 'netmap-8139cp-'));
    try {
      const configure = path.join(packageRoot, 'bin/netmap-configure.js');
      const kernelWords = [`--kernel-dir=${kernel.buildDir}`, `--kernel-sources=${kernel.sourceDir}`];
      const words = [configure, ...kernelWords, '--drivers=8139cp.c', '--no-ext-drivers', '--no-apps'];
      await deps.runner.run({ file: process.execPath, args: words, cwd: build });
      await deps.runner.run({ file: 'make', args: ['netmap.ko'], cwd: build });
      const script = await readFile(path.join(packageRoot, 'test/vm/guest/8139cp.sh'), 'utf8');
      await runVm(
        {
          name: 'cp-native',
          kernel,
          modules: ['mii'],
          availableModules: ['af_packet'],
          memoryMb: 768,
          kernelArgs: ['ipv6.disable=1'],
          timeoutMs: 300_000,
          nics: [{ model: 'rtl8139' }, { model: 'rtl8139' }],
          script: `COUNT=20000\n${script}`,
          files: {
            '/netmap.ko': { host: path.join(build, 'netmap.ko') },
            '/8139cp.ko': { host: path.join(build, '8139cp.ko') },
            '/bin/nmcheck': { host: await guestProgram('nmcheck', deps), mode: 0o755 },
            '/bin/nmopen': { host: await guestProgram('nmopen', deps), mode: 0o755 },
          },
          programs: ['ip'],
        },
        deps,
      );
    } finally {
      await rm(build, { recursive: true, force: true });
    }
  });
