import path from 'node:path';
import { NetmapError } from '../core/errors.js';
import type { Files } from '../core/files.js';
import { realPath } from '../core/paths.js';
import { checkPath } from './paths.js';

interface Builder {
  readonly buildDir: string;
  readonly files: Files;
}

const PATCH = /^(vanilla|intel|mellanox|custom)--/;

/** The folder with the patches of an existing checkout: its Linux folder, or the patches themselves. */
export async function patchesBelow(run: Builder, named: string): Promise<string> {
  const folder = path.resolve(run.buildDir, named);
  for (const place of ['LINUX/final-patches', 'final-patches', '.']) {
    const candidate = path.join(folder, place);
    const names = await run.files.list(candidate).catch(() => []);
    if (!names.some((name) => PATCH.test(name))) continue;
    // A harmless link may lead to a folder whose name make would interpret.
    const real = realPath(candidate);
    checkPath('folder with patches', real);
    return real;
  }
  throw new NetmapError({
    code: 'no-patches-there',
    what: `there are no driver patches in ${folder} (--patches-from)`,
    why: 'neither it nor its final-patches folder holds files named vanilla--DRIVER--FROM--TO or intel--DRIVER--VERSION',
    mend: 'name the LINUX folder of a netmap checkout',
    exitCode: 2,
  });
}

/** A `patches` directory of the user's own is used instead of the package's patches. */
export async function hasOwnPatches(run: Builder): Promise<boolean> {
  const own = path.join(run.buildDir, 'patches');
  return (await run.files.isDirectory(own)) && realPath(own) === own;
}
