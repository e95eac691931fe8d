import { availableParallelism } from 'node:os';
import path from 'node:path';
import { NetmapError } from '../../core/errors.js';
import { withLock } from '../../core/lock.js';
import { cacheDirectory, packageRoot } from '../../core/paths.js';
import type { Tools } from '../../core/tools.js';
import { openApt } from './apt.js';
import { type DebianKernel, obtainKernel, readStamp, STAMP } from './debian-kernel.js';
import { type KernelSeries, kernelSeries } from './kernel-packages.js';
import { buildPrerequisites, type Prerequisite, program, requirePrerequisites } from './prerequisites.js';

/**
 * Kernels that look for faults. `kasan`: KASAN, lockdep, kmemleak, DMA-API checks, fault injection. `kcsan`: data races,
 * and lockdep. Each is `lab/debug-kernel/common.config` with the file of its own name.
 */
export const debugKernels = ['kasan', 'kcsan'] as const;
export type DebugKernelKind = (typeof debugKernels)[number];

/** What building a whole kernel needs beside what builds modules. */
export const debugKernelPrerequisites: readonly Prerequisite[] = [
  ...buildPrerequisites,
  program('flex', 'flex', 'builds the configuration of a kernel'),
  program('bison', 'bison', 'builds the configuration of a kernel'),
  program('bc', 'bc', 'builds a kernel'),
  program('depmod', 'kmod', 'lists the modules of a kernel'),
  program('xz', 'xz-utils', 'unpacks kernel sources'),
  { package: 'libelf-dev', why: 'builds objtool', files: ['/usr/include/libelf.h'] },
  { package: 'libssl-dev', why: 'builds the tools of a kernel', files: ['/usr/include/openssl/evp.h'] },
];

/** Without these a kernel finds none of what it is built for: a fragment that they got lost from is a fault. */
const ESSENTIAL: Readonly<Record<DebugKernelKind, readonly string[]>> = {
  kasan: ['KASAN', 'PROVE_LOCKING', 'DEBUG_ATOMIC_SLEEP', 'DEBUG_KMEMLEAK', 'DMA_API_DEBUG', 'FAILSLAB'],
  kcsan: ['KCSAN', 'PROVE_LOCKING'],
};

/**
 * A debug kernel of a series, built from Debian's sources of that kernel into the cache: once, 15 minutes on two idle
 * processors. A build that was interrupted goes on where it was.
 *
 * @throws NetmapError `vm-prerequisites`, `fetch-failed`, `debug-kernel-failed` with the log of the build
 */
export async function obtainDebugKernel(
  kind: DebugKernelKind,
  series: KernelSeries,
  tools: Tools,
): Promise<DebianKernel> {
  const directory = path.join(cacheDirectory(), 'debug-kernels', `${series}-${kind}`);
  const base = await obtainKernel(series, tools);
  const current = async () => {
    const kernel = await readStamp(directory, tools);
    return kernel?.version === base.version ? kernel : undefined;
  };
  return withLock(
    `${directory}.lock`,
    async () => (await current()) ?? (await build(kind, base, directory, tools)),
    tools.signal,
  );
}

async function build(
  kind: DebugKernelKind,
  base: DebianKernel,
  directory: string,
  tools: Tools,
): Promise<DebianKernel> {
  await requirePrerequisites(tools, debugKernelPrerequisites);
  const source = await obtainSources(base, directory, tools);
  const output = path.join(directory, 'build');
  await tools.files.makeDirectory(output);
  const log = path.join(directory, 'build.log');
  const make = (...words: string[]) =>
    tools.runner.run({
      file: 'make',
      args: ['-C', source, `O=${output}`, `-j${availableParallelism()}`, ...words],
      logFile: log,
      failure: {
        code: 'debug-kernel-failed',
        what: `the ${kind} kernel of ${base.release} does not build`,
        mend: `read ${log}; run again to go on`,
      },
    });
  await configure(kind, source, output, make, tools);
  tools.progress?.(`building the ${kind} kernel of ${base.release}: a quarter of an hour`);
  await make('bzImage', 'modules');
  await make(`INSTALL_MOD_PATH=${path.join(directory, 'root')}`, 'modules_install');
  const release = ((await tools.files.read(path.join(output, 'include/config/kernel.release'))) ?? '').trim();
  const kernel: DebianKernel = {
    series: base.series,
    release,
    version: base.version,
    buildDir: output,
    sourceDir: source,
    image: path.join(output, 'arch/x86/boot/bzImage'),
    modulesDir: path.join(directory, 'root/lib/modules', release),
    hostBuild: true,
  };
  // Written last: without it the directory counts for nothing.
  await tools.files.write(path.join(directory, STAMP), `${JSON.stringify(kernel, null, 2)}\n`);
  return kernel;
}

/** Debian's complete sources of exactly the base's version; a version that went by is thrown away with its build. */
async function obtainSources(base: DebianKernel, directory: string, tools: Tools): Promise<string> {
  const name = `linux-source-${base.series}`;
  const source = path.join(directory, name);
  const stamp = path.join(directory, 'source-version');
  if ((await tools.files.read(stamp)) === base.version) return source;
  await tools.files.remove(directory);
  const fetched = path.join(directory, 'fetched');
  await tools.files.makeDirectory(fetched);
  const apt = await openApt(`linux-${base.series}`, kernelSeries[base.series as KernelSeries], tools);
  tools.progress?.(`fetching the sources of Linux ${base.release}`);
  await apt.get(['download', `${name}=${base.version}`], fetched);
  await apt.tidy();
  for (const deb of await tools.files.list(fetched)) {
    await tools.runner.run({ file: 'dpkg-deb', args: ['-x', path.join(fetched, deb), fetched] });
  }
  const archive = path.join(fetched, 'usr', 'src', `${name}.tar.xz`);
  await tools.runner.run({ file: 'tar', args: ['-C', directory, '-I', 'xz -T0', '-xf', archive] });
  await tools.files.remove(fetched);
  await tools.files.write(stamp, base.version);
  return source;
}

async function configure(
  kind: DebugKernelKind,
  source: string,
  output: string,
  make: (...words: string[]) => Promise<unknown>,
  tools: Tools,
): Promise<void> {
  const config = path.join(output, '.config');
  const parts = ['common', kind].map((part) =>
    path.join(packageRoot, 'lab', 'debug-kernel', `${part}.config`),
  );
  await make('tinyconfig');
  await tools.runner.run({
    file: path.join(source, 'scripts/kconfig/merge_config.sh'),
    args: ['-m', '-O', output, config, ...parts],
    cwd: source,
  });
  await make('olddefconfig');
  const lost = lostOptions((await tools.files.read(config)) ?? '', ESSENTIAL[kind]);
  if (lost.length > 0) {
    throw new NetmapError({
      code: 'debug-kernel-failed',
      what: `the ${kind} kernel would not have ${lost.join(', ')}`,
      why: 'an option that it depends on has another name in this kernel',
      mend: `correct ${parts.join(' or ')}`,
    });
  }
}

/** Those options, named without CONFIG_, that a configuration does not set to y. */
export function lostOptions(config: string, names: readonly string[]): string[] {
  const set = new Set(config.split('\n'));
  return names.filter((name) => !set.has(`CONFIG_${name}=y`));
}
