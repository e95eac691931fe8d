import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import { packageRoot } from '../../core/paths.js';
import type { Tools } from '../../core/tools.js';
import { loadManifest, type Manifest } from '../../facts/drivers/manifest.js';
import { orderCandidates } from '../../facts/patches/name.js';
import type { EarlierPatch } from '../prove/evidence.js';
import { manifestFolder } from './find-driver.js';
import { learnFromPatch } from './learn-patch.js';

export interface RulesOptions {
  /** A folder with a manifest.json, such a file, or a patch; without it the driver's own rules are used. */
  readonly from?: string;
  /** Sources that the patch of `from` was made for; without it one of `kernelSources` must be them. */
  readonly fromSources?: string;
  readonly kernelSources: readonly string[];
}

export interface Rules {
  readonly manifest: Manifest;
  /** Where the rules are written, to name it in messages. */
  readonly file: string;
  /** Searched for the bridge header. */
  readonly driverFolder: string;
  /** The patch that the rules were derived from. */
  readonly patch?: EarlierPatch;
}

/**
 * The rules to port a driver with: its manifest in the package, a manifest that the user names, or rules derived
 * from a patch that the user names.
 *
 * @throws NetmapError `manifest-missing`, `manifest-invalid`, `rules-of-other-driver`, `patch-does-not-fit`,
 *   `patch-not-learnable`, `from-missing`
 */
export async function chooseRules(driver: string, options: RulesOptions, tools: Tools): Promise<Rules> {
  const { from } = options;
  if (from === undefined) return manifestIn(await manifestFolder(driver, tools.files), tools.files);
  if (!(await tools.files.exists(path.resolve(from))))
    throw new NetmapError({
      code: 'from-missing',
      what: `there is no ${from}`,
      mend: 'name a patch, a manifest.json, or the folder of one: --from PATCH|RULES',
      exitCode: exitCodes.usage,
    });
  const isRules = (await tools.files.isDirectory(path.resolve(from))) || from.endsWith('.json');
  const rules = isRules
    ? await manifestIn(
        from.endsWith('.json') ? path.dirname(path.resolve(from)) : path.resolve(from),
        tools.files,
      )
    : await rulesOfPatch(driver, from, options, tools);
  const { name } = rules.manifest;
  if (![name, name.replace(/\.c$/, '')].includes(path.basename(driver)))
    throw new NetmapError({
      code: 'rules-of-other-driver',
      what: `${from} is about ${name}, not about ${driver}`,
      mend: `netmap-port-driver ${name} --from ${from} ...`,
      exitCode: exitCodes.usage,
    });
  return rules;
}

async function manifestIn(folder: string, files: Files): Promise<Rules> {
  return {
    manifest: await loadManifest(folder, files),
    file: path.join(folder, 'manifest.json'),
    driverFolder: folder,
  };
}

async function rulesOfPatch(
  driver: string,
  from: string,
  { fromSources, kernelSources }: RulesOptions,
  tools: Tools,
): Promise<Rules> {
  const text = (await tools.files.read(path.resolve(from))) ?? '';
  const trees = fromSources === undefined ? kernelSources : [fromSources];
  for (const tree of trees) {
    try {
      return {
        manifest: await learnFromPatch(from, tree, undefined, tools),
        file: `rules derived from ${from}`,
        driverFolder: await manifestFolder(driver, tools.files),
        patch: { file: path.basename(from), text },
      };
    } catch (error) {
      if (!(error instanceof NetmapError && error.code === 'patch-does-not-fit')) throw error;
      if (fromSources !== undefined) throw error;
    }
  }
  throw new NetmapError({
    code: 'patch-does-not-fit',
    what: `${from} fits none of the kernel sources given`,
    why: 'rules are derived from a patch together with the sources that it was made for',
    mend: 'name those sources too: --from-sources DIR',
    exitCode: exitCodes.usage,
  });
}

/**
 * Patches that ported the driver to other kernels, nearest first: in the folder that the new one goes to, then
 * those of the package.
 *
 * @param code version code of the kernel that is ported to
 */
export async function earlierPatches(
  manifest: Manifest,
  code: number,
  out: string,
  tools: Tools,
): Promise<EarlierPatch[]> {
  const found: EarlierPatch[] = [];
  for (const folder of new Set([path.resolve(out), path.join(packageRoot, 'final-patches')])) {
    const names = await tools.files.list(folder);
    for (const { file } of orderCandidates(names, manifest.name, code))
      found.push({ file, text: (await tools.files.read(path.join(folder, file))) ?? '' });
  }
  return found;
}
