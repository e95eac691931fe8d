import path from 'node:path';
import { parsePatch } from 'diff';
import { defined } from '../../core/defined.js';
import { exitCodes, NetmapError } from '../../core/errors.js';
import type { Tools } from '../../core/tools.js';
import type { Manifest } from '../../facts/drivers/manifest.js';
import { checkFit, describeRejected } from '../../facts/patches/fit.js';
import { readSource } from '../source/driver-source.js';
import { findDriver } from './find-driver.js';
import { learnManifest } from './learn.js';

/**
 * Rules of a driver from a patch of it.
 *
 * @param sources kernel tree that the patch was made for
 * @param driverPath the driver's place in it, when its name is not unique
 * @throws NetmapError `patch-missing`, `patch-not-learnable`, `patch-does-not-fit`, those of `findDriver`
 */
export async function learnFromPatch(
  patchFile: string,
  sources: string,
  driverPath: string | undefined,
  tools: Pick<Tools, 'files'>,
): Promise<Manifest> {
  const text = await tools.files.read(path.resolve(patchFile));
  if (text === undefined)
    throw new NetmapError({
      code: 'patch-missing',
      what: `there is no patch ${patchFile}`,
      mend: 'name an existing unified diff',
      exitCode: exitCodes.usage,
    });
  const paths = patchedPaths(text, patchFile);
  const first = defined(paths[0]);
  const member = defined(first.split('/')[0]);
  const inDriver = (name: string): string => (member.endsWith('.c') ? name : name.slice(member.length + 1));
  const tree = path.resolve(sources);
  const facts = await findDriver(tree, member, inDriver(first), driverPath, tools.files);
  const folder = path.join(tree, facts.kind === 'file' ? path.dirname(facts.path) : facts.path);
  const files = new Map<string, string>();
  for (const name of paths)
    files.set(inDriver(name), await readSource(tree, path.join(folder, inDriver(name)), tools.files));
  const fit = checkFit(text, (name) => files.get(inDriver(name)));
  if (!fit.fits)
    throw new NetmapError({
      code: 'patch-does-not-fit',
      what: `${patchFile} does not fit the sources in ${tree}`,
      why: describeRejected(fit.rejected),
      mend: 'give the kernel that the patch was made for: --kernel-sources DIR',
      exitCode: exitCodes.portRefused,
    });
  return learnManifest(text, facts, files, inDriver);
}

/** Paths of the patch's files without their first component; all must lie in one driver. */
function patchedPaths(text: string, patchFile: string): string[] {
  const paths = parsePatch(text).map(({ oldFileName, newFileName }) =>
    (oldFileName === '/dev/null' ? (newFileName ?? '') : (oldFileName ?? '')).replace(/^[^/]*\//, ''),
  );
  const members = new Set(paths.map((name) => name.split('/')[0]));
  const unsafe = paths.some((name) => name === '' || name.split('/').includes('..'));
  if (paths.length > 0 && members.size === 1 && !unsafe) return paths;
  throw new NetmapError({
    code: 'patch-not-learnable',
    what: `${patchFile} is not a netmap patch of one driver`,
    why:
      paths.length === 0
        ? 'it is no unified diff'
        : unsafe
          ? `its paths leave the driver: ${paths.join(', ')}`
          : `it changes ${[...members].join(', ')}`,
    mend: 'paths must look like a/DRIVER/file.c or a/file.c',
    exitCode: exitCodes.usage,
  });
}
