import path from 'node:path';
import type { Files } from '../../core/files.js';
import type { Universe } from '../../core/options/options.js';
import type { DriverEntry } from './catalogue.js';

/** Applications in declaration order. */
const classicApps = ['pkt-gen', 'bridge', 'lb', 'tlem', 'nmreplay', 'vale-ctl', 'dedup'];

/** The names that the command line may use: the catalogue's drivers and the applications of this package. */
export async function loadUniverse(
  packageRoot: string,
  catalogue: readonly DriverEntry[],
  files: Files,
): Promise<Universe> {
  const apps: string[] = [];
  for (const app of classicApps) {
    if (await files.exists(path.join(packageRoot, 'apps', app, 'GNUmakefile'))) apps.push(app);
  }
  return {
    drivers: catalogue.map((driver) => driver.name),
    externalDrivers: catalogue.filter((driver) => driver.external).map((driver) => driver.name),
    apps,
    aliases: new Map(
      catalogue.flatMap((driver) => driver.aliases.map((alias) => [alias, driver.name] as const)),
    ),
  };
}
