import path from 'node:path';
import { NetmapError } from '../../core/errors.js';
import { withLock } from '../../core/lock.js';
import type { Tools } from '../../core/tools.js';
import type { DkmsTree } from './tree.js';
import { digestOf, installedDigest, writeTree } from './write-tree.js';

/** Folders of the machine; a test names its own. */
export interface DkmsPlaces {
  /** Where dkms keeps its state. */
  readonly state: string;
  /** Where the source trees of packages are. */
  readonly sources: string;
  /** Where each kernel has its modules. */
  readonly modules: string;
  /** What our builds keep between kernels. */
  readonly cache: string;
}

/** What is to be done; `--dry-run` prints it. */
export interface DkmsPlan {
  readonly name: 'netmap';
  readonly version: string;
  /** Source tree; present and equal, or to be written. */
  readonly tree: { readonly directory: string; readonly write: boolean };
  readonly drivers: readonly string[];
  /** Kernels to build for. */
  readonly kernels: readonly string[];
  /** Kernels that dkms has modules of this version for: `installed` ones are left alone. */
  readonly present: readonly { readonly kernel: string; readonly state: 'installed' | 'unfinished' }[];
  /** Versions of the package that this one replaces. */
  readonly replaced: readonly string[];
}

export const DKMS_CACHE = '/var/cache/netmap-dkms';

const PLACES: DkmsPlaces = {
  state: '/var/lib/dkms',
  sources: '/usr/src',
  modules: '/lib/modules',
  cache: DKMS_CACHE,
};

/**
 * Reads what is there; changes nothing. `kernel`: only that one; else every kernel with headers.
 *
 * @throws NetmapError `installed-otherwise` when make install put modules there, which modprobe might take instead
 */
export async function planDkms(
  tree: DkmsTree,
  version: string,
  kernel: string | undefined,
  tools: Tools,
  places = PLACES,
): Promise<DkmsPlan> {
  const { files } = tools;
  const directory = path.join(places.sources, `netmap-${version}`);
  const write = (await installedDigest(directory, files)) !== (await digestOf(tree, files));
  const versions = await files.list(path.join(places.state, 'netmap'));
  const kernels = kernel === undefined ? await kernelsWithHeaders(places, tools) : [kernel];
  await refuseOthers(kernels, places, tools);
  const replaced: string[] = [];
  for (const other of versions) {
    if (other === version || other.startsWith('kernel-')) continue;
    if (await files.exists(path.join(places.state, 'netmap', other, 'source'))) replaced.push(other);
  }
  return {
    name: 'netmap',
    version,
    tree: { directory, write },
    drivers: tree.drivers,
    kernels,
    present: await presentKernels(version, places, tools),
    replaced,
  };
}

async function refuseOthers(
  kernels: readonly string[],
  { modules }: DkmsPlaces,
  { files }: Tools,
): Promise<void> {
  for (const kernel of kernels) {
    const list = path.join(modules, kernel, 'updates/netmap.installed');
    if (!(await files.exists(list))) continue;
    throw new NetmapError({
      code: 'installed-otherwise',
      what: `make install has put modules there for Linux ${kernel}`,
      why: `${list} lists them; with those of dkms beside them it is chance which ones are loaded`,
      mend: 'netmap-configure uninstall, then dkms again',
    });
  }
}

async function kernelsWithHeaders({ modules }: DkmsPlaces, { files }: Tools): Promise<string[]> {
  const found: string[] = [];
  for (const release of await files.list(modules)) {
    if (await files.exists(path.join(modules, release, 'build/include'))) found.push(release);
  }
  return found;
}

/** dkms looks at folders; a killed one leaves a folder that it then takes for a finished build. */
async function presentKernels(
  version: string,
  { state }: DkmsPlaces,
  { files }: Tools,
): Promise<DkmsPlan['present'][number][]> {
  const found: DkmsPlan['present'][number][] = [];
  const folder = path.join(state, 'netmap', version);
  for (const kernel of await files.list(folder)) {
    if (!/^\d/.test(kernel)) continue;
    for (const arch of await files.list(path.join(folder, kernel))) {
      const built = await files.list(path.join(folder, kernel, arch, 'module'));
      const active = await files.exists(path.join(state, 'netmap', `kernel-${kernel}-${arch}`, 'module'));
      found.push({ kernel, state: built.length > 0 && active ? 'installed' : 'unfinished' });
    }
  }
  return found;
}

/**
 * Writes the source tree, registers it, builds and installs for every kernel of the plan. May be repeated after it was
 * killed: builds that are not finished, and those of another tree, are made anew.
 *
 * @throws NetmapError `dkms-missing`, `dkms-failed`, `in-the-way`, `file-system`
 */
export async function installDkms(
  plan: DkmsPlan,
  tree: DkmsTree,
  tools: Tools,
  places = PLACES,
): Promise<void> {
  await withLock(path.join(places.cache, 'install.lock'), async () => {
    const { files } = tools;
    const own = path.join(places.state, 'netmap', plan.version);
    if (plan.tree.write) {
      await writeTree(tree, plan.tree.directory, files);
      tools.progress?.(`wrote ${plan.tree.directory}`);
    }
    if (!(await files.exists(path.join(own, 'source')))) {
      // a killed dkms add leaves the folder without the link
      await files.remove(own);
      await dkms(['add', `netmap/${plan.version}`], tools);
    }
    for (const { kernel, state: is } of plan.present) {
      if (is === 'installed' && !plan.tree.write) continue;
      await dkms(['unbuild', `netmap/${plan.version}`, '-k', kernel], tools);
      await files.remove(path.join(own, kernel));
    }
    for (const kernel of plan.kernels) {
      await dkms(['install', `netmap/${plan.version}`, '-k', kernel], tools);
    }
    for (const version of plan.replaced) await removeVersion(version, places, tools);
  });
}

/** Takes every version away: modules, registration, source tree and what a killed build left. @returns the versions */
export async function removeDkms(tools: Tools, places = PLACES): Promise<string[]> {
  const { files } = tools;
  const { state, sources, cache } = places;
  const registered = (await files.list(path.join(state, 'netmap'))).filter(
    (name) => !/^(kernel-|original_)/.test(name),
  );
  const trees: string[] = [];
  for (const name of await files.list(sources)) {
    const version = /^netmap-(.+)$/.exec(name)?.[1];
    if (version === undefined) continue;
    const ours = await installedDigest(path.join(sources, name), files);
    if (ours !== undefined || name.endsWith('.netmap-new')) trees.push(version);
  }
  const versions = [...new Set([...registered, ...trees])];
  for (const version of versions) await removeVersion(version, places, tools);
  await files.remove(cache);
  return versions.filter((version) => !version.endsWith('.netmap-new'));
}

async function removeVersion(version: string, { state, sources }: DkmsPlaces, tools: Tools): Promise<void> {
  const { files } = tools;
  const own = path.join(state, 'netmap', version);
  if (await files.exists(path.join(own, 'source'))) {
    await dkms(['remove', `netmap/${version}`, '--all'], tools);
  }
  await files.remove(own);
  const tree = path.join(sources, `netmap-${version}`);
  const ours = await installedDigest(tree, files);
  if (ours !== undefined || tree.endsWith('.netmap-new')) await files.remove(tree);
}

/** @throws NetmapError `dkms-failed`, `dkms-missing` */
async function dkms(args: readonly string[], { runner, progress }: Tools): Promise<void> {
  progress?.(`dkms ${args.join(' ')}`);
  const result = await runner.run({
    file: 'dkms',
    args,
    allowFailure: true,
    onLine: (line) => {
      if (line.startsWith('netmap: ')) progress?.(line);
    },
  });
  if (result.exitCode === 127) {
    throw new NetmapError({
      code: 'dkms-missing',
      what: 'dkms is not installed',
      mend: 'apt-get install dkms',
    });
  }
  if (result.exitCode === 0) return;
  const output = `${result.stdout}${result.stderr}`.trim().split('\n').slice(-15).join('\n');
  throw new NetmapError({
    code: 'dkms-failed',
    what: `dkms ${args.join(' ')} ended with status ${result.exitCode}`,
    why: output,
    mend: 'read the log that it names, then run the command again',
  });
}
