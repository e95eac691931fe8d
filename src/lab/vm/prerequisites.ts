import { NetmapError } from '../../core/errors.js';
import type { Tools } from '../../core/tools.js';

/** One thing of the host that virtual machines, or what they are made of, need. */
export interface Prerequisite {
  /** Debian package. */
  readonly package: string;
  readonly why: string;
  /** Paths of which one must exist when the package is there. */
  readonly files: readonly string[];
}

/** A package by a program of it. */
export const program = (file: string, name: string, why: string): Prerequisite => ({
  package: name,
  why,
  files: [`/usr/bin/${file}`, `/usr/sbin/${file}`, `/bin/${file}`, `/sbin/${file}`],
});

/**
 * Debian's record of an installed package, for those whose programs other packages bring as well (incompletely).
 * `.list` files are there without documentation too.
 */
export const installed = (name: string, why: string): Prerequisite => ({
  package: name,
  why,
  files: [`/var/lib/dpkg/info/${name}.list`, `/var/lib/dpkg/info/${name}:amd64.list`],
});

const archiveKeyring: Prerequisite = {
  package: 'debian-archive-keyring',
  why: 'checks signatures of Debian packages',
  files: ['/usr/share/keyrings/debian-archive-keyring.gpg', '/usr/share/keyrings/debian-archive-keyring.pgp'],
};

/** What the tool itself calls to configure and build for kernel headers that are installed. */
export const buildPrerequisites: readonly Prerequisite[] = [
  program('gcc', 'gcc', 'builds the software NIC and kernel modules'),
  { package: 'libc6-dev', why: 'builds the applications', files: ['/usr/include/stdio.h'] },
  program('make', 'make', 'builds kernel modules'),
  program('patch', 'patch', 'applies patches to drivers'),
];

/** What obtainKernel calls, and what Debian's kernel headers call while they build modules. */
export const kernelPrerequisites: readonly Prerequisite[] = [
  ...buildPrerequisites,
  program('depmod', 'kmod', 'depmod, for unpacked kernels'),
  // Headers of Debian's kernels for release 12 name this compiler.
  program('x86_64-linux-gnu-gcc-12', 'gcc-12', 'the compiler that those kernels were built with'),
  program('xz', 'xz-utils', 'unpacks kernel sources and modules'),
  { package: 'libelf-dev', why: 'builds kernel modules', files: ['/usr/include/libelf.h'] },
  program('pahole', 'pahole', 'describes types in kernel modules'),
  archiveKeyring,
];

/** Everything that runVm, obtainKernel and obtainNicModel call on, for a minimal Debian. */
export const vmPrerequisites: readonly Prerequisite[] = [
  program('qemu-system-x86_64', 'qemu-system-x86', 'runs the virtual machines'),
  // The plain busybox package has the same binary name but is not static.
  installed('busybox-static', 'user space of the guests'),
  program('ip', 'iproute2', 'ip, in the guests'),
  program('ethtool', 'ethtool', 'ethtool, in the guests'),
  program('dpkg-source', 'dpkg-dev', "unpacks QEMU's source package, for the software NIC"),
  program('python3', 'python3', "generates QEMU's headers"),
  program('pkg-config', 'pkg-config', 'finds glib'),
  {
    package: 'libglib2.0-dev',
    why: 'the software NIC is built against it',
    files: ['/usr/include/glib-2.0/glib.h'],
  },
  ...kernelPrerequisites,
];

/** What obtainBuildRoot calls on top of these; only kernels of newer Debian releases need it. */
export const buildRootPrerequisites: readonly Prerequisite[] = [
  {
    package: 'mmdebstrap',
    why: 'unpacks the compiler of a newer Debian release, to build modules for its kernels',
    files: ['/usr/bin/mmdebstrap'],
  },
  archiveKeyring,
];

/** Those that are not on this host. */
export async function missingPrerequisites(
  deps: Pick<Tools, 'files'>,
  list: readonly Prerequisite[] = vmPrerequisites,
): Promise<Prerequisite[]> {
  const found = await Promise.all(
    list.map(async (item) =>
      (await Promise.all(item.files.map((file) => deps.files.exists(file)))).some(Boolean),
    ),
  );
  return list.filter((_, index) => !found[index]);
}

/** The one command that installs them. */
export function installCommand(missing: readonly Prerequisite[]): string {
  return `apt-get install --yes --no-install-recommends ${missing.map((item) => item.package).join(' ')}`;
}

/**
 * Fails with the command to run when something is missing.
 *
 * @throws NetmapError `vm-prerequisites`
 */
export async function requirePrerequisites(
  deps: Pick<Tools, 'files'>,
  list: readonly Prerequisite[] = vmPrerequisites,
): Promise<void> {
  const missing = await missingPrerequisites(deps, list);
  if (missing.length === 0) return;
  throw new NetmapError({
    code: 'vm-prerequisites',
    what: 'this host lacks what virtual machines need',
    why: missing.map((item) => `${item.package}: ${item.why}`).join('\n'),
    mend: installCommand(missing),
  });
}
