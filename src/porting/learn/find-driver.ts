import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import { packageRoot } from '../../core/paths.js';
import { classicDrivers } from '../../facts/drivers/catalogue.js';
import { parseManifest } from '../../facts/drivers/manifest.js';
import type { DriverFacts } from './learn.js';

/**
 * Folder of a driver's manifest: a path, or a name of a folder below drivers/, or the name that the manifest itself
 * and its patches use (`8139cp.c`).
 */
export async function manifestFolder(driver: string, files: Files): Promise<string> {
  // A name is a driver of the package; a path is a port that is kept elsewhere.
  if (driver.includes('/')) return path.resolve(driver);
  const root = path.join(packageRoot, 'drivers');
  if (await files.exists(path.join(root, driver, 'manifest.json'))) return path.join(root, driver);
  for (const folder of await files.list(root)) {
    const text = await files.read(path.join(root, folder, 'manifest.json'));
    if (text !== undefined && parseManifest(text, folder).name === driver) return path.join(root, folder);
  }
  return path.join(root, driver);
}

/**
 * Where a driver named by a patch (`e1000/e1000_main.c`, `veth.c`) lies in a kernel tree, and what its Makefile
 * says about it. The catalogue's full paths come first; otherwise the name must be unique below drivers/net.
 *
 * @param member first component of the patch's paths: folder or single file
 * @param given path that the user named, below the tree
 * @throws NetmapError `driver-missing`, `driver-ambiguous`
 */
export async function findDriver(
  tree: string,
  member: string,
  keyFile: string,
  given: string | undefined,
  files: Files,
): Promise<DriverFacts> {
  const kind = member.endsWith('.c') ? 'file' : 'directory';
  const known = classicDrivers.find(({ name }) => name === member);
  const location =
    given ??
    (known !== undefined && (await files.exists(path.join(tree, known.path)))
      ? known.path
      : await search(tree, member, keyFile, files));
  if (!(await files.exists(path.join(tree, location)))) throw missing(tree, location);
  const facts = await readMakefile(tree, location, kind, keyFile, files);
  return { name: member, path: location, kind, keyFile, ...facts };
}

function missing(tree: string, member: string): NetmapError {
  return new NetmapError({
    code: 'driver-missing',
    what: `there is no driver ${member} in ${tree}`,
    why: 'no folder or file of that name lies below drivers/net',
    mend: 'name its place: --driver-path drivers/net/...',
    exitCode: exitCodes.usage,
  });
}

async function search(tree: string, member: string, keyFile: string, files: Files): Promise<string> {
  const found: string[] = [];
  const walk = async (directory: string): Promise<void> => {
    const entries = await files.entries(path.join(tree, directory)).catch(() => []);
    for (const entry of entries) {
      const name = path.join(directory, entry.name);
      if (entry.name === member && entry.isFile()) found.push(name);
      if (!entry.isDirectory()) continue;
      if (entry.name === member) {
        const inside = await files.list(path.join(tree, name));
        if (inside.includes(keyFile)) found.push(name);
      }
      await walk(name);
    }
  };
  await walk('drivers/net');
  const [only] = found;
  if (only === undefined) throw missing(tree, member);
  if (found.length > 1)
    throw new NetmapError({
      code: 'driver-ambiguous',
      what: `${member} is ${found.length} times in ${tree}`,
      why: found.join(', '),
      mend: 'name the right one: --driver-path drivers/net/...',
      exitCode: exitCodes.usage,
    });
  return only;
}

/** Configuration symbol and module name, from `obj-$(CONFIG_X) += name.o` and `name-y := file.o`. */
async function readMakefile(
  tree: string,
  location: string,
  kind: 'directory' | 'file',
  keyFile: string,
  files: Files,
): Promise<{ kconfig: string; module: string }> {
  const folder = path.join(tree, kind === 'directory' ? location : path.dirname(location));
  const text = ((await files.read(path.join(folder, 'Makefile'))) ?? '').replace(/\\\n/g, ' ');
  const object = path.basename(keyFile).replace(/\.c$/, '');
  const lists = new RegExp(`^(\\w[\\w-]*?)-(?:y|objs|\\$\\([^)]*\\))\\s*[:+]?=.*\\b${object}\\.o`, 'gm');
  const member = [...text.matchAll(lists)].map((match) => match[1]).find((name) => name !== 'obj');
  const module = member ?? object;
  const symbol = new RegExp(`^obj-\\$\\((CONFIG_\\w+)\\)\\s*[:+]?=.*\\b${module}\\.o`, 'm').exec(text)?.[1];
  return {
    module: module.replaceAll('-', '_'),
    kconfig: symbol ?? `CONFIG_${module.toUpperCase().replaceAll('-', '_')}`,
  };
}
