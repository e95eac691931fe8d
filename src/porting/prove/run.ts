import path from 'node:path';
import { exitCodes } from '../../core/errors.js';
import { cacheDirectory, packageRoot } from '../../core/paths.js';
import type { Runner } from '../../core/runner.js';
import type { Tools } from '../../core/tools.js';
import type { Manifest } from '../../facts/drivers/manifest.js';
import { runnerForKernel } from '../../lab/vm/build-root.js';
import { type DebianKernel, readStamp } from '../../lab/vm/debian-kernel.js';
import { moduleClosure, moduleName, parseModuleIndex } from '../../lab/vm/modules.js';
import { runVm, type VmSpec } from '../../lab/vm/vm.js';
import type { WorkFolder } from '../work/work.js';
import type { PortResult } from './result.js';

type Run = PortResult['run'];

const FRAMES = 20_000;

/**
 * Stage 9: builds netmap.ko, the ported driver and pkt-gen with `netmap-configure`, and boots them on every model
 * of the device. Only kernels that were unpacked for virtual machines have an image to boot.
 *
 * @throws GuestTestsFailed, NetmapError `guest-died` when the port does not work; `port-does-not-build`
 */
export async function runPort(
  manifest: Manifest,
  patch: string,
  kernelDir: string,
  work: WorkFolder,
  tools: Tools,
): Promise<Run> {
  const kernel = await kernelOf(kernelDir, tools);
  if (kernel === undefined)
    return {
      state: 'not-run',
      why: 'not run: the kernel of --kernel-dir was not unpacked for virtual machines',
    };
  if (manifest.device.models.length === 0)
    return { state: 'not-run', why: `not run: ${manifest.device.why ?? 'there is no model of the device'}` };
  const build = path.join(work.directory, 'build-run');
  await buildPort(manifest, patch, kernel, build, await runnerForKernel(kernelDir, tools), tools);
  const script = await tools.files.read(path.join(packageRoot, 'lab/guest/port-smoke.sh'));
  const modules = await neededModules(kernel, manifest.module, tools);
  const passed: string[] = [];
  for (const model of manifest.device.models) {
    const nic = nicOf(model);
    tools.progress?.(`booting Linux ${kernel.release} with ${model.what}`);
    await runVm(
      {
        name: `port-${model.id}`.toLowerCase(),
        kernel,
        modules: [...modules],
        availableModules: ['af_packet'],
        memoryMb: 768,
        kernelArgs: ['ipv6.disable=1'],
        timeoutMs: 240_000,
        nics: [nic, nic],
        script: `MODULE=${manifest.module}\nCOUNT=${FRAMES}\n${script}`,
        files: {
          '/netmap.ko': { host: path.join(build, 'netmap.ko') },
          [`/${manifest.module}.ko`]: { host: moduleFile(manifest, build) },
        },
        programs: ['ip', path.join(build, 'build-apps/pkt-gen/pkt-gen')],
      },
      tools,
    );
    passed.push(model.id);
  }
  return { state: 'passed', models: passed };
}

async function kernelOf(kernelDir: string, tools: Tools): Promise<DebianKernel | undefined> {
  const root = path.join(cacheDirectory(), 'kernels');
  for (const series of await tools.files.list(root)) {
    if (!(await tools.files.isDirectory(path.join(root, series)))) continue;
    const kernel = await readStamp(path.join(root, series), tools);
    if (kernel?.buildDir === path.resolve(kernelDir)) return kernel;
  }
  return undefined;
}

function nicOf({ id, emulator }: Manifest['device']['models'][number]): NonNullable<VmSpec['nics']>[number] {
  const stock = /^qemu -device (\S+)$/.exec(emulator)?.[1];
  // The machine's own schema refuses what it does not know.
  return (stock === undefined ? { model: 'rtl8168', chip: id } : { model: stock }) as NonNullable<
    VmSpec['nics']
  >[number];
}

function moduleFile(manifest: Manifest, build: string): string {
  return path.join(build, manifest.kind === 'directory' ? manifest.name : '', `${manifest.module}.ko`);
}

/** What the stock module needs; the ported one needs the same, and netmap. */
async function neededModules(kernel: DebianKernel, module: string, tools: Tools): Promise<string[]> {
  const read = async (name: string): Promise<string> =>
    (await tools.files.read(path.join(kernel.modulesDir, name))) ?? '';
  const index = parseModuleIndex(
    await read('modules.dep'),
    await read('modules.builtin'),
    await read('modules.softdep'),
  );
  return moduleClosure(index, [module])
    .map(moduleName)
    .filter((name) => name !== moduleName(module));
}

async function buildPort(
  manifest: Manifest,
  patch: string,
  kernel: DebianKernel,
  build: string,
  kernelRunner: Runner,
  tools: Tools,
): Promise<void> {
  await tools.files.remove(build);
  // A folder `patches` of the user's own goes before the stored ones: exactly this patch is built.
  await tools.files.write(path.join(build, 'patches', `vanilla--${manifest.name}--50a00--99999`), patch);
  const step = (runner: Runner, file: string, args: readonly string[]) =>
    runner.run({
      file,
      args,
      cwd: build,
      env: { MAKEFLAGS: undefined, MAKELEVEL: undefined },
      logFile: path.join(build, 'build.log'),
      failure: {
        code: 'port-does-not-build',
        what: `the ported ${manifest.name} cannot be built for running it`,
        mend: 'read the log; the compile stage passed, so look at netmap-configure first',
        exitCode: exitCodes.portRefused,
      },
    });
  await step(kernelRunner, process.execPath, [
    path.join(packageRoot, 'bin/netmap-configure.js'),
    `--kernel-dir=${kernel.buildDir}`,
    `--kernel-sources=${kernel.sourceDir}`,
    `--drivers=${manifest.name}`,
    '--no-ext-drivers',
    '--apps=pkt-gen',
  ]);
  await step(kernelRunner, 'make', ['netmap.ko']);
  await step(tools.runner, 'make', ['apps']);
}
