/*
 * Switches with network stacks, with namespaces, in numbers, and with the example of examples/vale-lookup, on Debian's
 * 6.12 and 5.10. See guest/vale-stacks.sh for the topology.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { buildNetmap } from '../../src/lab/demo/build.js';
import { obtainKernel } from '../../src/lab/vm/debian-kernel.js';
import type { KernelSeries } from '../../src/lab/vm/kernel-packages.js';
import { vmDeps } from './fixture.js';
import { runNetmapVm } from './netmap.js';

/** examples/vale-lookup, built as its Kbuild says. */
async function exampleModule(t: TestContext, series: KernelSeries): Promise<string> {
  const deps = vmDeps();
  const kernel = await obtainKernel(series, deps);
  const netmap = path.dirname((await buildNetmap(kernel, deps)).netmap);
  const directory = await mkdtemp(path.join(os.tmpdir(), 'vale-lookup-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await cp(path.join(packageRoot, 'examples', 'vale-lookup'), directory, { recursive: true });
  const where = [`NETMAP_BUILD=${netmap}`, `NETMAP_SRC=${packageRoot}`];
  const symbols = `KBUILD_EXTRA_SYMBOLS=${path.join(netmap, 'Module.symvers')}`;
  await deps.runner.run({
    file: 'make',
    args: ['-C', kernel.buildDir, `M=${directory}`, ...where, symbols],
    env: { MAKEFLAGS: undefined },
  });
  return path.join(directory, 'vale-lookup.ko');
}

for (const series of ['6.12', '5.10'] as const) {
  test(`stacks with and without offloads, namespaces, numbers, another module (${series})`, async (t) => {
    await runNetmapVm({
      series,
      script: 'vale-stacks.sh',
      guestPrograms: ['tcpsum', 'vtap', 'valemany', 'valectl', 'nmcheck'],
      spec: {
        availableModules: ['tun', 'dummy', 'veth'],
        files: { '/vale-lookup.ko': { host: await exampleModule(t, series) } },
      },
    });
  });
}
