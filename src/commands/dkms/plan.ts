import type { ConfigureOptions } from '../../core/options/options.js';
import type { DriverEntry } from '../../facts/drivers/catalogue.js';
import type { DkmsSettings } from '../../machine/dkms/tree.js';

/** What the source tree of the package is made of. */
export function treeSettings(
  options: ConfigureOptions,
  version: string,
  packageRoot: string,
  catalogue: readonly DriverEntry[],
): DkmsSettings {
  return {
    packageRoot,
    version,
    modName: options.modName,
    driverSuffix: options.driverSuffix,
    subsystems: [...options.subsystems].reverse(),
    drivers: catalogue.filter(({ name }) => options.drivers.includes(name)),
    dmasync: options.dmasync,
    debug: options.forceDebug,
  };
}
