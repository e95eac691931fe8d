import path from 'node:path';
import { NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';

/** Module files of a build folder, whether they are built or not. */
export interface BuiltModules {
  readonly core: { readonly name: string; readonly file: string };
  readonly drivers: readonly { readonly driver: string; readonly stock: string; readonly file: string }[];
}

/** Reads what netmap-configure wrote into netmap.mak. */
export function parseNetmapMak(text: string, directory: string): BuiltModules {
  const value = (name: string) => new RegExp(`^${name} ?:?= ?(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  const core = value('MODNAME');
  const suffix = value('DRVSUFFIX');
  const external = value('E_DRIVERS').split(' ');
  const drivers = [...text.matchAll(/^(\S+)@module := (\S+)$/gm)].map(([, driver = '', stock = '']) => {
    // Of a driver that is a single file the module is in the build folder itself; vendors' drivers have a folder always.
    const folder = driver.endsWith('.c') && !external.includes(driver) ? '' : driver;
    return {
      driver,
      stock: path.basename(stock).replaceAll('-', '_'),
      file: path.join(directory, folder, `${stock}${suffix}.ko`),
    };
  });
  return { core: { name: core.replaceAll('-', '_'), file: path.join(directory, `${core}.ko`) }, drivers };
}

/** @throws NetmapError `no-build-folder` */
export async function readBuildFolder(directory: string, files: Files): Promise<BuiltModules> {
  const text = await files.read(path.join(directory, 'netmap.mak'));
  if (text !== undefined) return parseNetmapMak(text, directory);
  throw new NetmapError({
    code: 'no-build-folder',
    what: `${directory} is not a build folder of netmap`,
    why: 'there is no netmap.mak in it',
    mend: 'run it in the folder that netmap-configure and make ran in, or name that with --build=DIR',
    exitCode: 2,
  });
}
