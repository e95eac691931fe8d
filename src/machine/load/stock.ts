import path from 'node:path';
import type { Files } from '../../core/files.js';

/** A module of the distribution, found in modules.dep. */
export interface StockModule {
  readonly file: string;
  /** Names of modules that it needs. */
  readonly depends: readonly string[];
}

const plainName = (file: string) =>
  path
    .basename(file)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');

/**
 * The distribution's own module of that name, in the text of modules.dep: not one that was installed beside it (below
 * updates/ or extra/), which is what modprobe would take.
 */
export function findStock(modulesDep: string, base: string, name: string): StockModule | undefined {
  for (const line of modulesDep.split('\n')) {
    const [file, needs] = line.split(':');
    if (file === undefined || needs === undefined || plainName(file) !== name) continue;
    if (/^(updates|extra|weak-updates)\//.test(file)) continue;
    return {
      file: path.join(base, file),
      depends: needs
        .split(' ')
        .filter((need) => need !== '')
        .map(plainName)
        .reverse(),
    };
  }
  return undefined;
}

export async function stockModule(
  name: string,
  release: string,
  files: Files,
): Promise<StockModule | undefined> {
  const base = `/lib/modules/${release}`;
  return findStock((await files.read(path.join(base, 'modules.dep'))) ?? '', base, name);
}
