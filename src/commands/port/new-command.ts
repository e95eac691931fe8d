import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import { packageRoot } from '../../core/paths.js';
import { instantiate } from '../../core/template.js';
import { parseMakefileVersion } from '../../facts/kernel-tree/version.js';
import { findDriver } from '../../porting/learn/find-driver.js';
import { scaffold } from '../../porting/learn/scaffold.js';
import { readSource } from '../../porting/source/driver-source.js';
import { findStructure, parts, type Structure } from '../../porting/source/structure.js';
import type { PortTools } from './tools.js';

export interface NewOptions {
  readonly out?: string;
  readonly dryRun?: boolean;
}

/** Starts a port: writes `manifest.json` and a bridge header skeleton into `<out>`. @returns exit status */
export async function newCommand(folder: string, options: NewOptions, tools: PortTools): Promise<number> {
  const location = await tools.files.realpath(path.resolve(folder)).catch(() => undefined);
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

  for (const line of describe(structure)) tools.print(line);
  for (const line of made.open) tools.print(`OPEN: ${line}`);
  const target = path.resolve(options.out ?? path.join(packageRoot, 'drivers', member));
  if (await tools.files.exists(target))
    throw new NetmapError({
      code: 'in-the-way',
      what: `${target} exists`,
      why: 'a port that was begun is never overwritten',
      mend: 'choose another folder: --out DIR',
      exitCode: exitCodes.usage,
    });
  if (options.dryRun) {
    tools.print(`would write ${target}`);
    return exitCodes.ok;
  }
  const header = made.manifest.bridge.headers[0] as string;
  await tools.files.write(path.join(target, header), made.bridge);
  await tools.files.write(path.join(target, 'manifest.json'), `${JSON.stringify(made.manifest, null, 2)}\n`);
  tools.print(`wrote ${target}/manifest.json and ${header}`);
  tools.print(`next: netmap-port-driver ${target} --kernel-sources ${tree} --kernel-dir BUILD`);
  return exitCodes.ok;
}

/** The kernel tree that a path lies in: the nearest Makefile above that sets a kernel version. */
async function treeAbove(location: string, tools: PortTools): Promise<string | undefined> {
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

function describe(structure: Structure): string[] {
  return parts.map((part) => {
    const found = structure[part]
      .slice(0, 3)
      .map((one) => `${one.function} (${one.file}:${one.line}, ${one.evidence})`);
    return `${part.padEnd(11)} ${found.join('; ') || 'NOT FOUND'}`;
  });
}
