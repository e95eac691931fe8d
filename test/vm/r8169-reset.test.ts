/*
 * The oldest and the newest kernel: the driver's own resets take rtnl on 5.10 and no lock on 7.3, whose modules are
 * built in a build root. Topology and what is asserted anyway: see r8169.test.ts.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { obtainBuildRoot } from '../../src/lab/vm/build-root.js';
import { obtainKernel } from '../../src/lab/vm/debian-kernel.js';
import type { KernelSeries } from '../../src/lab/vm/kernel-packages.js';
import { vmDeps } from './fixture.js';
import { runNetmapVm } from './netmap.js';

const nic = { model: 'rtl8168' as const, chip: '8168h' as const, rxBufMax: 0 };

/** test/vm/guest/poke, built for a kernel. */
async function pokeModule(t: TestContext, series: KernelSeries): Promise<string> {
  const deps = vmDeps();
  const kernel = await obtainKernel(series, deps);
  const { env } = await obtainBuildRoot(kernel, deps);
  const directory = await mkdtemp(path.join(os.tmpdir(), 'poke-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await cp(path.join(packageRoot, 'test/vm/guest/poke'), directory, { recursive: true });
  const args = ['-C', kernel.buildDir, `M=${directory}`, 'modules'];
  await deps.runner.run({ file: 'make', args, env: { ...env, MAKEFLAGS: undefined } });
  return path.join(directory, 'poke.ko');
}

for (const series of ['5.10', '7.3'] as const) {
  test(`r8169 on ${series}: netmap mode comes and goes while the driver resets the NIC`, async (t) => {
    await runNetmapVm({
      series,
      script: 'r8169-reset.sh',
      variables: { WATCHDOG: series === '5.10' ? 1 : '' },
      guestPrograms: ['nmcheck', 'nmopen'],
      spec: {
        nics: [nic, nic],
        panicOnWarn: series !== '5.10',
        files: { '/poke.ko': { host: await pokeModule(t, series) } },
      },
    });
  });

  test(`r8169 on ${series}: frames are accounted for, netmap mode comes and goes`, async () => {
    await runNetmapVm({
      series,
      script: 'r8169-traffic.sh',
      variables: { SHORT: 20_000, LONG: 5_000 },
      guestPrograms: ['nmcheck'],
      spec: { nics: [nic, nic] },
    });
    await runNetmapVm({
      series,
      script: 'r8169-life.sh',
      guestPrograms: ['nmcheck', 'nmopen'],
      spec: { nics: [nic, nic] },
    });
  });
}
