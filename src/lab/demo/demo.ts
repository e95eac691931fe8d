import path from 'node:path';
import { NetmapError } from '../../core/errors.js';
import { packageRoot } from '../../core/paths.js';
import type { Tools } from '../../core/tools.js';
import { obtainBuildRoot } from '../vm/build-root.js';
import type { Chip } from '../vm/chips.js';
import { obtainKernel } from '../vm/debian-kernel.js';
import type { KernelSeries } from '../vm/kernel-packages.js';
import { obtainNicModel } from '../vm/nic-model.js';
import {
  buildRootPrerequisites,
  installCommand,
  missingPrerequisites,
  type Prerequisite,
  vmPrerequisites,
} from '../vm/prerequisites.js';
import { runVm } from '../vm/vm.js';
import { buildNetmap } from './build.js';
import { type DemoResult, parseTraffic } from './result.js';

export interface DemoOptions {
  readonly kernel: KernelSeries;
  readonly chip: Chip;
  /** Frames to send each way of sending. */
  readonly count: number;
}

/** A step of the demonstration, announced before it starts. */
export type Announce = <T>(
  title: string,
  work: (progress: (line: string) => void) => Promise<T>,
) => Promise<T>;

/**
 * Everything from nothing to numbers: packages, a kernel, a software NIC, a build, and a virtual machine in which
 * two NICs exchange frames through the stock driver and through netmap.
 *
 * @throws NetmapError of whichever step failed; what is done already stays cached, so that a second run goes on there.
 */
export async function runDemo(options: DemoOptions, deps: Tools, announce: Announce): Promise<DemoResult> {
  await announce('Debian packages', (progress) => installPackages(deps, progress));
  const kernel = await announce(`Linux ${options.kernel} from Debian`, (progress) =>
    obtainKernel(options.kernel, { ...deps, progress }),
  );
  if (!kernel.hostBuild) {
    await announce(`compiler for Linux ${options.kernel}`, async (progress) => {
      await installPackages(deps, progress, buildRootPrerequisites);
      await obtainBuildRoot(kernel, { ...deps, progress });
    });
  }
  await announce(`software NIC (RTL${options.chip})`, (progress) =>
    obtainNicModel('rtl8168', { ...deps, progress }),
  );
  const build = await announce('netmap.ko, r8169.ko, pkt-gen', (progress) =>
    buildNetmap(kernel, { ...deps, progress }),
  );
  const script = await deps.files.read(path.join(packageRoot, 'lab', 'guest', 'demo.sh'));
  const verdict = await announce('traffic in a virtual machine', (progress) =>
    runVm(
      {
        name: 'demo',
        kernel,
        script: `COUNT=${options.count}\n${script}`,
        availableModules: ['r8169', 'realtek', 'af_packet'],
        modules: ['realtek', 'mdio_devres'],
        files: {
          '/netmap.ko': { host: build.netmap },
          '/r8169.ko': { host: build.r8169 },
          '/measure.sh': { host: path.join(packageRoot, 'lab', 'guest', 'measure.sh') },
        },
        programs: ['ip', build.pktGen, build.pktsock],
        nics: [
          { model: 'rtl8168', chip: options.chip, pause: true },
          { model: 'rtl8168', chip: options.chip, pause: true },
        ],
        memoryMb: 1024,
        timeoutMs: 120_000 + options.count / 5,
      },
      { ...deps, progress },
    ),
  );
  return {
    kernel: kernel.release,
    chip: options.chip,
    native: parseTraffic('native', verdict.data),
    stock: parseTraffic('stock', verdict.data),
  };
}

async function installPackages(
  deps: Tools,
  progress: (line: string) => void,
  list: readonly Prerequisite[] = vmPrerequisites,
): Promise<void> {
  const missing = await missingPrerequisites(deps, list);
  if (missing.length === 0) return;
  for (const { package: name, why } of missing) progress(`${name}: ${why}`);
  if (process.getuid?.() !== 0) {
    throw new NetmapError({
      code: 'vm-prerequisites',
      what: 'Debian packages are missing, and only root can install them',
      why: missing.map((item) => `${item.package}: ${item.why}`).join('\n'),
      mend: `sudo ${installCommand(missing)}`,
    });
  }
  const failure = {
    code: 'install-failed',
    what: 'the Debian packages could not be installed',
    mend: installCommand(missing),
    exitCode: 4,
  };
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await deps.runner.run({ file: 'apt-get', args: ['-q', 'update'], env, failure });
  const [file = 'apt-get', ...args] = installCommand(missing).split(' ');
  await deps.runner.run({ file, args: ['-q', ...args], env, failure });
}
