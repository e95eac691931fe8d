import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import type { PortInput } from '../../core/options/input.js';
import type { Result } from '../../core/options/result.js';
import { packageRoot } from '../../core/paths.js';
import { instantiate } from '../../core/template.js';
import type { Tools } from '../../core/tools.js';
import { parseMakefileVersion } from '../../facts/kernel-tree/version.js';
import { findDriver } from '../../porting/learn/find-driver.js';
import { scaffold } from '../../porting/learn/scaffold.js';
import { readSource } from '../../porting/source/driver-source.js';
import { findStructure } from '../../porting/source/structure.js';
import { showBegun } from './show.js';

/** `new`: starts a port; writes `manifest.json` and a bridge header skeleton into `<out>`. */
export async function run({ words, flags, options, context, tools }: PortInput): Promise<Result> {
  const [folder = ''] = words;
  const location = await tools.files.realpath(path.resolve(context.cwd, folder)).catch(() => undefined);
  const tree = location === undefined ? undefined : await treeAbove(location, tools);
  if (location === undefined || tree === undefined)
    throw new NetmapError({
      code: 'driver-missing',
      what: `${folder} is not a driver in a kernel tree`,
      why:
        location === undefined
          ? 'there is no such file or folder'
          : 'no kernel Makefile (VERSION, PATCHLEVEL) lies above it',
      mend: 'name a driver inside unpacked kernel sources: .../drivers/net/ethernet/VENDOR/DRIVER',
      exitCode: exitCodes.usage,
    });
  const member = path.basename(location);
  const files = await driverFiles(tree, location, tools.files);
  const structure = findStructure(files);
  const keyFile = structure.probe[0]?.file ?? structure.open[0]?.file;
  if (keyFile === undefined)
    throw new NetmapError({
      code: 'not-a-network-driver',
      what: `${folder} does not look like a network driver`,
      why: 'it has no probe function and no net_device_ops with .ndo_open',
      mend: 'name the folder or file that holds the network driver itself',
      exitCode: exitCodes.portRefused,
    });
  const facts = await findDriver(tree, member, keyFile, path.relative(tree, location), tools.files);
  const prefix = facts.module.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, 'n');
  const template = (await tools.files.read(path.join(packageRoot, 'templates/bridge.h.in'))) ?? '';
  const made = scaffold(facts, prefix, structure, files, (values) => instantiate(template, values));

  const target = path.resolve(context.cwd, flags.out ?? path.join(packageRoot, 'drivers', member));
  if (await tools.files.exists(target))
    throw new NetmapError({
      code: 'in-the-way',
      what: `${target} exists`,
      why: 'a port that was begun is never overwritten',
      mend: 'choose another folder: --out DIR',
      exitCode: exitCodes.usage,
    });
  const [header] = made.manifest.bridge.headers;
  if (!options.dryRun) {
    if (header !== undefined) await tools.files.write(path.join(target, header), made.bridge);
    const manifest = `${JSON.stringify(made.manifest, null, 2)}\n`;
    await tools.files.write(path.join(target, 'manifest.json'), manifest);
  }
  return showBegun({ structure, open: made.open, header: header ?? '', target, tree }, options.dryRun);
}

/** The kernel tree that a path lies in: the nearest Makefile above that sets a kernel version. */
async function treeAbove(location: string, tools: Pick<Tools, 'files'>): Promise<string | undefined> {
  for (
    let directory = path.dirname(location);
    directory !== path.dirname(directory);
    directory = path.dirname(directory)
  ) {
    const makefile = await tools.files.read(path.join(directory, 'Makefile'));
    if (makefile !== undefined && parseMakefileVersion(makefile) !== undefined) return directory;
  }
  return undefined;
}

async function driverFiles(tree: string, location: string, disk: Files): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  if (location.endsWith('.c'))
    return files.set(path.basename(location), await readSource(tree, location, disk));
  for (const entry of await disk.entries(location, { recursive: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && entry.name.endsWith('.c'))
      files.set(path.relative(location, file), await readSource(tree, file, disk));
  }
  return files;
}
