import path from 'node:path';
import type { Files } from '../../core/files.js';
import { type Manifest, parseManifest } from './manifest.js';

/** What configuring needs to know about a driver; ported drivers take these facts from their manifest. */
export interface DriverEntry {
  /** Name on the command line, in drivers.mak and of the copy in the build folder. */
  readonly name: string;
  readonly kind: 'directory' | 'file';
  /** Exact place below the kernel sources; never searched for, since several directories share names. */
  readonly path: string;
  /** Symbol of `.config` that must be `m`. */
  readonly kconfig: string;
  /** File that proves that this is the driver; relative to the driver's directory, or the file itself. */
  readonly keyFile: string;
  /** Kernel module, without .ko; the only one built from a directory that holds several. */
  readonly module: string;
  /** Vendor sources exist outside the kernel (the classic external set). */
  readonly external: boolean;
  /** Other names users know it by. */
  readonly aliases: readonly string[];
}

function entry(
  name: string,
  location: string,
  options: { kconfig?: string; keyFile?: string; module?: string; external?: true; aliases?: string[] } = {},
): DriverEntry {
  const base = name.replace(/\.c$/, '');
  const isFile = name.endsWith('.c');
  return {
    name,
    kind: isFile ? 'file' : 'directory',
    path: location,
    kconfig: options.kconfig ?? `CONFIG_${base.toUpperCase().replaceAll('-', '_')}`,
    keyFile: options.keyFile ?? (isFile ? name : `${base}_main.c`),
    module: options.module ?? base,
    external: options.external ?? false,
    aliases: options.aliases ?? [],
  };
}

const INTEL = 'drivers/net/ethernet/intel';

/**
 * The classic drivers in declaration order (sets print in reverse). `realtek` stands where `r8169.c` was:
 * the driver became a directory in Linux 5.2, and its old name is accepted as an alias.
 */
export const classicDrivers: readonly DriverEntry[] = [
  entry('stmmac', 'drivers/net/ethernet/stmicro/stmmac', { kconfig: 'CONFIG_STMMAC_ETH' }),
  entry('realtek', 'drivers/net/ethernet/realtek', {
    kconfig: 'CONFIG_R8169',
    keyFile: 'r8169_main.c',
    module: 'r8169',
    aliases: ['r8169.c', 'r8169'],
  }),
  entry('virtio_net.c', 'drivers/net/virtio_net.c', {
    external: true,
    aliases: ['virtio_net', 'virtio-net'],
  }),
  entry('forcedeth.c', 'drivers/net/ethernet/nvidia/forcedeth.c', { aliases: ['forcedeth'] }),
  entry('veth.c', 'drivers/net/veth.c', { aliases: ['veth'] }),
  entry('e1000', `${INTEL}/e1000`),
  entry('e1000e', `${INTEL}/e1000e`, { keyFile: 'netdev.c', external: true }),
  entry('igb', `${INTEL}/igb`, { external: true }),
  entry('igc', `${INTEL}/igc`),
  entry('ixgbe', `${INTEL}/ixgbe`, { external: true }),
  entry('ixgbevf', `${INTEL}/ixgbevf`, { external: true }),
  entry('ice', `${INTEL}/ice`, { external: true }),
  entry('i40e', `${INTEL}/i40e`, { external: true }),
  entry('vmxnet3', 'drivers/net/vmxnet3', { keyFile: 'vmxnet3_drv.c' }),
  entry('mlx5', 'drivers/net/ethernet/mellanox/mlx5', {
    kconfig: 'CONFIG_MLX5_CORE_EN',
    keyFile: 'core/main.c',
    module: 'mlx5_core',
    external: true,
  }),
];

/** The entry of a driver named by the user, under its own name or an alias. */
export function findDriver(name: string, catalogue: readonly DriverEntry[]): DriverEntry | undefined {
  return (
    catalogue.find((candidate) => candidate.name === name) ??
    catalogue.find((candidate) => candidate.aliases.includes(name))
  );
}

/**
 * The catalogue of this package: the classic drivers, each corrected by `drivers/<name>/manifest.json`
 * where there is one, and drivers that only have a manifest behind them.
 * @throws NetmapError `manifest-invalid`
 */
export async function loadCatalogue(packageRoot: string, files: Files): Promise<DriverEntry[]> {
  const manifests = await readManifests(path.join(packageRoot, 'drivers'), files);
  const known = classicDrivers.map((driver) => {
    const manifest = manifests.find((candidate) => candidate.name === driver.name);
    return manifest === undefined ? driver : { ...driver, ...factsOf(manifest) };
  });
  const added = manifests
    .filter((manifest) => !known.some((driver) => driver.name === manifest.name))
    .map((manifest) => ({ ...factsOf(manifest), external: false, aliases: [] }));
  return [...known, ...added];
}

function factsOf(manifest: Manifest): Omit<DriverEntry, 'external' | 'aliases'> {
  const { name, kind, path: location, kconfig, keyFile, module } = manifest;
  return { name, kind, path: location, kconfig, keyFile, module };
}

async function readManifests(directory: string, files: Files): Promise<Manifest[]> {
  const found: Manifest[] = [];
  for (const name of await files.list(directory)) {
    const file = path.join(directory, name, 'manifest.json');
    const text = await files.read(file);
    if (text !== undefined) found.push(parseManifest(text, file));
  }
  return found;
}
