import type { KernelVersion } from './version.js';

/** Families of distributions that package kernels in the same way. */
export type Distribution = 'debian' | 'ubuntu' | 'fedora' | 'arch' | 'suse' | 'unknown';

/** Reads the text of /etc/os-release: ID first, then what it says it is like. */
export function parseDistribution(osRelease: string): Distribution {
  const field = (name: string) =>
    new RegExp(`^${name}=["']?([^"'\n]*)`, 'm').exec(osRelease)?.[1]?.split(' ') ?? [];
  for (const id of [...field('ID'), ...field('ID_LIKE')]) {
    if (id === 'debian' || id === 'ubuntu' || id === 'arch') return id;
    if (['fedora', 'rhel', 'centos'].includes(id)) return 'fedora';
    if (/suse/.test(id)) return 'suse';
  }
  return 'unknown';
}

/** The command that installs the headers of a kernel release. */
export function headersCommand(distribution: Distribution, release: string): string | undefined {
  // openSUSE: 6.4.0-150600.21-default -> package kernel-default-devel, version 6.4.0-150600.21
  const [, suseVersion, flavour] = /^(.*)-([a-z]+)$/.exec(release) ?? [undefined, release, 'default'];
  const commands: Record<Distribution, string | undefined> = {
    debian: `apt-get install linux-headers-${release}`,
    ubuntu: `apt-get install linux-headers-${release}`,
    fedora: `dnf install kernel-devel-${release}`,
    arch: release.includes('-lts') ? 'pacman -S linux-lts-headers' : 'pacman -S linux-headers',
    suse: `zypper install kernel-${flavour}-devel=${suseVersion}`,
    unknown: undefined,
  };
  return commands[distribution];
}

/** The command that brings the full sources of a kernel release; it may end with one that unpacks them. */
export function sourcesCommand(
  distribution: Distribution,
  version: Pick<KernelVersion, 'major' | 'minor' | 'patch' | 'dotted'>,
  release: string,
): string | undefined {
  const short = `${version.major}.${version.minor}`;
  const rpm = `kernel-${release.replace(/\.(x86_64|aarch64)$/, '')}.src.rpm`;
  const commands: Record<Distribution, string | undefined> = {
    debian: `apt-get install linux-source-${short}, or configure with --fetch`,
    ubuntu: `apt-get install linux-source-${short}.0, or configure with --fetch`,
    fedora: `dnf download --source kernel-${release} && rpm2cpio ${rpm} | cpio -idm 'linux-*.tar.xz', then --kernel-sources=FILE.tar.xz`,
    arch: `pkgctl repo clone --protocol=https linux && (cd linux && makepkg --nobuild), then --kernel-sources=linux/src/linux-${version.dotted}`,
    suse: `zypper install kernel-source=${release.replace(/-[a-z]+$/, '')}`,
    unknown: undefined,
  };
  return commands[distribution];
}
