import path from 'node:path';
import { NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import { type KernelVersion, parseMakefileVersion, sameRelease } from './version.js';

/** What is known about the full kernel sources; only drivers need them, so a problem is data, not an error. */
export type KernelSources =
  | { readonly state: 'found'; readonly dir: string; readonly version: KernelVersion }
  | {
      readonly state: 'missing';
      readonly why: string;
      readonly mend: string;
      /** An archive that may hold them, among the usual places. */
      readonly packed?: string;
    }
  | { readonly state: 'mismatch'; readonly dir: string; readonly version: KernelVersion };

/** Names a file that full sources have and header packages lack; drivers/net is where every NIC driver lives. */
const WITNESSES = ['drivers/net/loopback.c', 'drivers/base/core.c'];

async function hasDrivers(dir: string, files: Files): Promise<boolean> {
  for (const witness of WITNESSES) if (await files.exists(path.join(dir, witness))) return true;
  return false;
}

async function versionOf(dir: string, files: Files): Promise<KernelVersion | undefined> {
  const text = await files.read(path.join(dir, 'Makefile'));
  return text === undefined ? undefined : parseMakefileVersion(text);
}

const SOURCE_ROOT = '/usr/src';

/** Where distributions put the sources that belong to a kernel, most specific first. Below `/usr/src`. */
export function usualPlaces(version: KernelVersion, release: string): string[] {
  const short = `${version.major}.${version.minor}`;
  const full = `${short}.${version.patch}`;
  const names = [
    `linux-source-${full}`,
    `linux-source-${short}`,
    `linux-source-${full}/linux-source-${full}`,
    `linux-source-${short}/linux-source-${short}`,
    `linux-${full}`,
    `linux-${short}`,
    `linux-${release}`,
    `kernels/${release}`,
    // openSUSE leaves out the flavour: linux-6.4.0-150600.21 for 6.4.0-150600.21-default
    `linux-${release.replace(/-[a-z]+$/, '')}`,
    'linux',
  ];
  return names.map((name) => path.join(SOURCE_ROOT, name));
}

/**
 * Checks the sources that the user named.
 * @throws NetmapError `sources-missing` when there is no driver source in that directory.
 */
export async function checkSources(dir: string, wanted: KernelVersion, files: Files): Promise<KernelSources> {
  if (!(await files.isDirectory(dir)) || !(await hasDrivers(dir, files))) {
    throw new NetmapError({
      code: 'sources-missing',
      what: `${dir} holds no kernel sources`,
      why: (await files.isDirectory(dir))
        ? 'there is no driver source (drivers/net/*.c) below it: kernel headers alone do not have the drivers'
        : 'there is no such directory',
      mend: `unpack the sources of Linux ${wanted.dotted} and name their directory with --kernel-sources=DIR`,
      exitCode: 2,
    });
  }
  const version = await versionOf(dir, files);
  if (version === undefined) {
    throw new NetmapError({
      code: 'sources-unreadable',
      what: `cannot tell the version of the kernel sources in ${dir}`,
      why: 'its Makefile does not set VERSION, PATCHLEVEL and SUBLEVEL',
      mend: 'name the top directory of the kernel sources with --kernel-sources=DIR',
      exitCode: 2,
    });
  }
  if (!sameRelease(version, wanted)) return { state: 'mismatch', dir, version };
  return { state: 'found', dir, version };
}

/** Looks in `places` for sources of exactly this version; tells what it met on the way when there are none. */
export async function searchSources(
  places: readonly string[],
  wanted: KernelVersion,
  files: Files,
  where: { readonly root?: string; readonly install?: string | undefined } = {},
): Promise<KernelSources> {
  const met: string[] = [];
  for (const dir of places) {
    if (!(await hasDrivers(dir, files))) continue;
    const version = await versionOf(dir, files);
    if (version !== undefined && sameRelease(version, wanted)) return { state: 'found', dir, version };
    met.push(`${dir} is ${version === undefined ? 'of unknown version' : `Linux ${version.dotted}`}`);
  }
  const packed = await packedArchive(wanted, where.root ?? SOURCE_ROOT, files);
  return {
    state: 'missing',
    why: met.length === 0 ? `no full sources of Linux ${wanted.dotted} in the usual places` : met.join('; '),
    mend: where.install ?? `unpack the sources of Linux ${wanted.dotted} and give --kernel-sources=DIR`,
    ...(packed === undefined ? {} : { packed }),
  };
}

async function packedArchive(
  version: KernelVersion,
  root: string,
  files: Files,
): Promise<string | undefined> {
  const short = `${version.major}.${version.minor}`;
  const full = `${short}.${version.patch}`;
  const names = [`linux-source-${full}`, `linux-source-${short}`, `linux-${full}`, `linux-${version.dotted}`];
  // Ubuntu packs them one folder deeper.
  for (const name of names.flatMap((one) => [one, `${one}/${one}`])) {
    for (const suffix of ['.tar.xz', '.tar.bz2', '.tar.gz', '.tar.zst']) {
      const archive = path.join(root, name + suffix);
      if (await files.exists(archive)) return archive;
    }
  }
  return undefined;
}
