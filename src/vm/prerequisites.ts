import { NetmapError } from '../errors.js';
import type { VmDeps } from './deps.js';

/** One thing of the host that virtual machines, or what they are made of, need. */
export interface Prerequisite {
  /** Debian package. */
  readonly package: string;
  readonly why: string;
  /** Paths of which one must exist when the package is there. */
  readonly files: readonly string[];
}

/** Everything that runVm, obtainKernel and obtainNicModel call on, for a minimal Debian. */
export const vmPrerequisites: readonly Prerequisite[] = [
  {
    package: 'qemu-system-x86',
    why: 'runs the virtual machines',
    files: ['/usr/bin/qemu-system-x86_64'],
  },
  {
    package: 'busybox-static',
    why: 'user space of the guests',
    // The plain busybox package has the same binary name but is not static: dpkg tells which one is there.
    files: ['/var/lib/dpkg/info/busybox-static.list'],
  },
  { package: 'iproute2', why: 'ip, in the guests', files: ['/usr/bin/ip', '/bin/ip', '/sbin/ip'] },
  { package: 'ethtool', why: 'ethtool, in the guests', files: ['/usr/sbin/ethtool', '/sbin/ethtool'] },
  { package: 'kmod', why: 'depmod, for unpacked kernels', files: ['/usr/sbin/depmod', '/sbin/depmod'] },
  { package: 'xz-utils', why: 'unpacks kernel sources and modules', files: ['/usr/bin/xz'] },
  {
    package: 'dpkg-dev',
    why: "unpacks QEMU's source package, for the software NIC",
    files: ['/usr/bin/dpkg-source'],
  },
  { package: 'python3', why: "generates QEMU's headers", files: ['/usr/bin/python3'] },
  { package: 'pkg-config', why: 'finds glib', files: ['/usr/bin/pkg-config'] },
  {
    package: 'libglib2.0-dev',
    why: 'the software NIC is built against it',
    files: ['/usr/include/glib-2.0/glib.h'],
  },
  { package: 'gcc', why: 'builds the software NIC and kernel modules', files: ['/usr/bin/gcc'] },
  { package: 'make', why: 'builds kernel modules', files: ['/usr/bin/make'] },
  { package: 'libelf-dev', why: 'builds kernel modules', files: ['/usr/include/libelf.h'] },
];

/** What obtainBuildRoot calls on top of these; only kernels of newer Debian releases need it. */
export const buildRootPrerequisites: readonly Prerequisite[] = [
  {
    package: 'mmdebstrap',
    why: 'unpacks the compiler of a newer Debian release, to build modules for its kernels',
    files: ['/usr/bin/mmdebstrap'],
  },
];

/** Those that are not on this host. */
export async function missingPrerequisites(
  deps: Pick<VmDeps, 'files'>,
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
  deps: Pick<VmDeps, 'files'>,
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
