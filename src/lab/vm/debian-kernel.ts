import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { exitCodes, NetmapError } from '../../core/errors.js';
import { withFolder } from '../../core/files.js';
import { withLock } from '../../core/lock.js';
import { cacheDirectory } from '../../core/paths.js';
import type { Tools } from '../../core/tools.js';
import { type Apt, openApt } from './apt.js';
import {
  headersPattern,
  type KernelSeries,
  kernelCompiler,
  kernelParts,
  kernelSeries,
  mendHeadersMakefile,
  mendKernelVariables,
  newestRelease,
  type PackageRecord,
  parsePackageRecord,
} from './kernel-packages.js';

/** Of linux-source only what the tool reads: drivers to patch, the version, the style checker. */
const SOURCE_MEMBERS = [
  'Makefile',
  'drivers/net',
  'scripts/checkpatch.pl',
  'scripts/spelling.txt',
  'scripts/const_structs.checkpatch',
];

const kernelSchema = z.object({
  series: z.string(),
  /** `uname -r`, e.g. `6.12.95+deb12-amd64`. */
  release: z.string(),
  /** Debian package version. */
  version: z.string(),
  /** For `make -C`; holds .config, Module.symvers and generated headers. */
  buildDir: z.string(),
  /** Top Makefile, drivers/net and checkpatch of the same version. */
  sourceDir: z.string(),
  /** bzImage. */
  image: z.string(),
  /** `.../lib/modules/<release>`, with modules.dep. */
  modulesDir: z.string(),
  /**
   * Whether an external module builds on this host, found out by building one. Headers of a newer Debian can need its
   * compiler and libc: such a kernel boots here, but its modules must be built in a chroot of that release.
   */
  hostBuild: z.boolean(),
});

/** A kernel that was unpacked beside the host's, never installed. All paths are absolute. */
export type DebianKernel = z.infer<typeof kernelSchema>;

/** Written last into a kernel's folder in the cache. */
export const STAMP = 'kernel.json';

/**
 * The newest Debian kernel of a series, unpacked from its packages into the cache. The first call of a series
 * fetches 250-300 MB and takes about a minute; the next ones read a stamp and need no network.
 *
 * @throws NetmapError `kernel-not-found` when no suite carries the series; `fetch-failed`; `no-debian-mirror`
 */
export async function obtainKernel(series: KernelSeries, deps: Tools): Promise<DebianKernel> {
  const directory = path.join(cacheDirectory(), 'kernels', series);
  const present = await readStamp(directory, deps);
  if (present !== undefined) return present;
  return withLock(
    `${directory}.lock`,
    async () => (await readStamp(directory, deps)) ?? (await unpackKernel(series, directory, deps)),
    deps.signal,
  );
}

/** The kernel that lies unpacked in `directory`, if any. */
export async function readStamp(directory: string, deps: Tools): Promise<DebianKernel | undefined> {
  const text = await deps.files.read(path.join(directory, STAMP));
  if (text === undefined) return undefined;
  const parsed = kernelSchema.safeParse(JSON.parse(text));
  // A cache that was moved or written by an older version is simply made again.
  return parsed.success && parsed.data.image.startsWith(`${directory}/`) ? parsed.data : undefined;
}

async function unpackKernel(series: KernelSeries, directory: string, deps: Tools): Promise<DebianKernel> {
  const apt = await openApt(`linux-${series}`, kernelSeries[series], deps);
  const release = newestRelease(await apt.cache(['search', '--names-only', headersPattern(series)]));
  if (release === undefined) {
    throw new NetmapError({
      code: 'kernel-not-found',
      what: `no Debian kernel of the series ${series} found`,
      why: `the suites ${kernelSeries[series].join(', ')} carry no linux-headers-${series}.*-amd64`,
      mend: 'choose another series',
      exitCode: exitCodes.fetchFailed,
    });
  }
  const temporary = `${directory}.${process.pid}.tmp`;
  try {
    const packages = await kernelPackages(apt, release);
    const version = packages[0]?.version ?? '';
    const fetched = path.join(temporary, 'debs');
    deps.progress?.(`fetching Linux ${release} (${version})`);
    await apt.get(
      ['download', ...packages.map((p) => `${p.name}=${p.version}`), `linux-source-${series}=${version}`],
      fetched,
    );
    await apt.tidy();
    deps.progress?.(`unpacking Linux ${release}`);
    await unpackDebs(fetched, temporary, series, deps);
    await deps.files.remove(fetched);
    const mended = await mendTree(temporary, directory, { series, release, version }, deps);
    await deps.files.remove(directory);
    await deps.files.rename(temporary, directory);
    const kernel = { ...mended, hostBuild: await trialBuild(mended.buildDir, deps) };
    // Written last: without it the directory counts for nothing.
    await deps.files.write(path.join(directory, STAMP), `${JSON.stringify(kernel, null, 2)}\n`);
    return kernel;
  } finally {
    await deps.files.remove(temporary);
  }
}

/** Headers, image and what they depend on of the kernel itself, exact versions; the headers come first. */
async function kernelPackages(apt: Apt, release: string): Promise<PackageRecord[]> {
  const found = new Map<string, PackageRecord>();
  const wanted = [`linux-headers-${release}`, `linux-image-${release}`];
  for (let name = wanted.shift(); name !== undefined; name = wanted.shift()) {
    if (found.has(name)) continue;
    const record = parsePackageRecord(await apt.cache(['show', '--no-all-versions', name]));
    if (record === undefined) {
      throw new NetmapError({
        code: 'kernel-not-found',
        what: `the package ${name} is missing from the archive`,
        why: `Linux ${release} needs it; the mirror may be in the middle of an update`,
        mend: 'run again in an hour',
        exitCode: exitCodes.fetchFailed,
      });
    }
    found.set(name, record);
    wanted.push(...kernelParts(record));
  }
  return [...found.values()];
}

async function unpackDebs(debs: string, to: string, series: string, deps: Tools): Promise<void> {
  const root = path.join(to, 'root');
  const sourceRoot = path.join(to, 'source-package');
  // Packages of 7.x have /usr/lib/modules, older ones /lib/modules: one tree serves both.
  await deps.files.makeDirectory(path.join(root, 'usr', 'lib'));
  await deps.files.link('usr/lib', path.join(root, 'lib'));
  for (const deb of await deps.files.list(debs)) {
    const target = deb.startsWith('linux-source-') ? sourceRoot : root;
    await extractDeb(path.join(debs, deb), target, deps);
  }
  await deps.files.makeDirectory(path.join(to, 'source'));
  await deps.runner.run({
    file: 'tar',
    args: [
      '-C',
      path.join(to, 'source'),
      '-I',
      'xz -T2',
      '-xf',
      path.join(sourceRoot, 'usr', 'src', `linux-source-${series}.tar.xz`),
      ...SOURCE_MEMBERS.map((member) => `linux-source-${series}/${member}`),
    ],
  });
  await deps.files.remove(sourceRoot);
}

/** `dpkg-deb -x` replaces a symlink to a directory by a directory: tar is told to keep ours. */
async function extractDeb(deb: string, to: string, deps: Tools): Promise<void> {
  await deps.files.makeDirectory(to);
  await deps.runner.run({
    file: 'sh',
    args: ['-c', 'dpkg-deb --fsys-tarfile "$1" | tar -C "$2" --keep-directory-symlink -xpf -', 'sh', deb, to],
  });
}

/** Makes the unpacked tree usable where it will lie (`directory`): links, include paths, modules.dep. */
async function mendTree(
  temporary: string,
  directory: string,
  id: { series: KernelSeries; release: string; version: string },
  deps: Tools,
): Promise<Omit<DebianKernel, 'hostBuild'>> {
  const { release, series } = id;
  const headers = path.join('root', 'usr', 'src', `linux-headers-${release}`);
  const modules = path.join('root', 'lib', 'modules', release);
  for (const name of ['build', 'source']) {
    const link = path.join(temporary, modules, name);
    const target = await deps.files.readlink(link).catch(() => undefined);
    if (target?.startsWith('/')) await deps.files.symlink(path.join(directory, 'root', target), link);
  }
  const makefile = path.join(temporary, headers, 'Makefile');
  const makefileText = (await deps.files.read(makefile)) ?? '';
  await deps.files.write(makefile, mendHeadersMakefile(makefileText, path.join(directory, 'root')));
  await mendCompiler(path.join(temporary, headers, '.kernelvariables'), deps);
  await deps.runner.run({ file: 'depmod', args: ['-b', path.join(temporary, 'root'), release] });
  return {
    ...id,
    buildDir: path.join(directory, headers),
    sourceDir: path.join(directory, 'source', `linux-source-${series}`),
    image: path.join(directory, await imagePlace(temporary, modules, release, deps)),
    modulesDir: path.join(directory, modules),
  };
}

/** From 7.x on the image lies among the modules, and only installing the package copies it to /boot. */
async function imagePlace(temporary: string, modules: string, release: string, deps: Tools): Promise<string> {
  const places = [path.join('root', 'boot', `vmlinuz-${release}`), path.join(modules, 'vmlinuz')];
  for (const place of places) if (await deps.files.exists(path.join(temporary, place))) return place;
  throw new NetmapError({
    code: 'kernel-not-found',
    what: `the packages of Linux ${release} hold no kernel image`,
    why: `looked for ${places.join(' and ')}`,
    mend: 'choose another series',
    exitCode: exitCodes.fetchFailed,
  });
}

async function mendCompiler(file: string, deps: Tools): Promise<void> {
  const text = await deps.files.read(file);
  const compiler = text === undefined ? undefined : kernelCompiler(text);
  if (text === undefined || compiler === undefined) return;
  const present = await deps.runner.run({ file: compiler, args: ['--version'], allowFailure: true });
  if (present.exitCode !== 0) await deps.files.write(file, mendKernelVariables(text));
}

async function trialBuild(buildDir: string, deps: Tools): Promise<boolean> {
  return withFolder(path.join(os.tmpdir(), 'netmap-trial-'), deps.files, async (directory) => {
    await deps.files.write(path.join(directory, 'Kbuild'), 'obj-m := trial.o\n');
    await deps.files.write(
      path.join(directory, 'trial.c'),
      '#include <linux/module.h>\nMODULE_LICENSE("GPL");\n',
    );
    const result = await deps.runner.run({
      file: 'make',
      args: ['-C', buildDir, `M=${directory}`, 'modules'],
      allowFailure: true,
    });
    return result.exitCode === 0;
  });
}
