/** How a vendor packs a driver, and how its sources are built. One row a driver; what differs is data. */
export interface Vendor {
  readonly driver: string;
  /** Version that is taken when none is chosen. */
  readonly version: string;
  /** Place of the archive below an ext-drivers folder and below every mirror. */
  archive(version: string): string;
  /** Names under which the same archive is handed out elsewhere; a user's copy may have them. */
  aliases(version: string): readonly string[];
  /** The vendor's own place of it. */
  origin(version: string): string;
  /** Scheme of patch names, `intel--igb--5.10.2`. */
  readonly scheme: 'intel' | 'mellanox' | 'custom';
  /** What a patch name says about a version. */
  patchVersion(version: string): string;
  /** Archive inside the archive that holds the driver. */
  nested?(version: string): string;
  /** Folder that the sources get in the build folder; undefined when the archive is a single file. */
  folder(version: string): string | undefined;
  /** Where the driver's Makefile is below that folder; empty for the folder itself. */
  readonly below: string;
  /** File below the driver's entry that proves that the archive holds the driver. */
  readonly keyFile: string;
  /** The module that is built, below the driver's entry, without suffix and .ko. */
  readonly module: string;
  /** Extra compiler flags. */
  readonly cflags: string;
  /** The kernel's known warning names are switched off too. */
  readonly quiet?: true;
  /** Versions whose makefile needs intel-fix.sh. */
  readonly fix: readonly string[];
  readonly kind: 'intel' | 'mellanox' | 'file';
}

const words = (text: string): readonly string[] => text.split(' ');

interface IntelFacts {
  readonly driver: string;
  readonly version: string;
  readonly cflags?: string;
  readonly quiet?: true;
  readonly keyFile?: string;
  readonly fix: string;
}

/** Intel's drivers that have a repository each. */
function intel({ driver, version, cflags = '', quiet, keyFile, fix }: IntelFacts): Vendor {
  return {
    driver,
    version,
    archive: (v) => `${driver}/v${v}.zip`,
    aliases: (v) => [
      `ethernet-linux-${driver}-${v}.zip`,
      `ethernet-linux-${driver}-${v}.tar.gz`,
      `${driver}-${v}.tar.gz`,
    ],
    origin: (v) => `https://github.com/intel/ethernet-linux-${driver}/archive/refs/tags/v${v}.zip`,
    scheme: 'intel',
    patchVersion: (v) => v,
    folder: (v) => `ethernet-linux-${driver}-${v}`,
    below: 'src',
    keyFile: keyFile ?? `${driver}_main.c`,
    module: driver,
    cflags,
    ...(quiet === undefined ? {} : { quiet }),
    fix: words(fix),
    kind: 'intel',
  };
}

const e1000e: Vendor = {
  ...intel({
    driver: 'e1000e',
    version: '3.8.7',
    cflags: '-fno-pie',
    keyFile: 'netdev.c',
    fix: '3.8.4 3.8.7',
  }),
  archive: (v) => `e1000e-${v}.tar.gz`,
  aliases: () => [],
  origin: (v) =>
    `https://sourceforge.net/projects/e1000/files/e1000e%20historic%20archive/${v}/e1000e-${v}.tar.gz`,
  folder: (v) => `e1000e-${v}`,
};

/** `5.8-3.0.7.0` -> `5.8`. */
const untilDash = (version: string): string => version.replace(/-.*$/, '');

/** Vendor drivers, and the versions and places that the classic configure script knows. */
export const vendors: readonly Vendor[] = [
  {
    driver: 'virtio_net.c',
    version: '4.9',
    archive: () => 'virtio_net.c',
    aliases: () => [],
    origin: (v) => `https://raw.githubusercontent.com/torvalds/linux/v${v}/drivers/net/virtio_net.c`,
    scheme: 'custom',
    patchVersion: (v) => v,
    folder: () => undefined,
    below: '',
    keyFile: 'virtio_net.c',
    module: 'virtio_net',
    cflags: '',
    fix: [],
    kind: 'file',
  },
  e1000e,
  intel({
    driver: 'igb',
    version: '5.10.2',
    cflags: '-DDISABLE_PACKET_SPLIT -fno-pie',
    quiet: true,
    fix: '5.3.5.61 5.3.6 5.4.6 5.5.2 5.7.2 5.8.5 5.9.3 5.10.2',
  }),
  intel({
    driver: 'ixgbe',
    version: '5.15.2',
    quiet: true,
    fix: '5.8.1 5.9.4 5.10.2 5.11.3 5.12.5 5.13.4',
  }),
  intel({
    driver: 'ixgbevf',
    version: '4.15.1',
    fix: '4.7.1 4.8.1 4.9.3 4.10.2 4.11.1 4.12.4 4.13.3 4.14.5 4.15.1',
  }),
  intel({
    driver: 'ice',
    version: '1.9.11',
    fix: '1.7.16 1.8.8 1.8.9 1.9.7 1.9.11 1.10.1.2 1.10.1.2.2',
  }),
  intel({
    driver: 'i40e',
    version: '2.19.3',
    quiet: true,
    fix: '2.12.6 2.14.13 2.15.9 2.16.11 2.17.4 2.17.15 2.18.9 2.19.3',
  }),
  {
    driver: 'mlx5',
    version: '5.8-3.0.7.0',
    archive: (v) => `MLNX_EN_SRC-debian-${v}.tgz`,
    aliases: () => [],
    origin: (v) => `https://content.mellanox.com/ofed/MLNX_EN-${v}/MLNX_EN_SRC-debian-${v}.tgz`,
    scheme: 'mellanox',
    patchVersion: untilDash,
    nested: (v) => `SOURCES/mlnx-en_${untilDash(v)}.orig.tar.gz`,
    folder: (v) => `mlnx-en-${untilDash(v)}`,
    below: '',
    keyFile: 'drivers/net/ethernet/mellanox/mlx5/core/main.c',
    module: 'drivers/net/ethernet/mellanox/mlx5/core/mlx5_core',
    cflags: '-Wframe-larger-than=2000',
    fix: [],
    kind: 'mellanox',
  },
];

/** The row of a driver; undefined for drivers that exist in the kernel sources only. */
export function findVendor(driver: string): Vendor | undefined {
  return vendors.find((vendor) => vendor.driver === driver);
}

/** Name of the patch that goes with a version. */
export function patchName(vendor: Vendor, version: string): string {
  return `${vendor.scheme}--${vendor.driver}--${vendor.patchVersion(version)}`;
}
