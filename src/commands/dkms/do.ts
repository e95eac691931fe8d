import path from 'node:path';
import type { ConfigureInput } from '../../core/options/input.js';
import type { Result } from '../../core/options/result.js';
import { packageRoot } from '../../core/paths.js';
import { loadCatalogue } from '../../facts/drivers/catalogue.js';
import { installDkms, planDkms, removeDkms } from '../../machine/dkms/dkms.js';
import { planTree } from '../../machine/dkms/tree.js';
import { writeTree } from '../../machine/dkms/write-tree.js';
import { treeSettings } from './plan.js';
import { showInstalled, showRemoved, showTree } from './show.js';

/** `dkms`: one package for netmap.ko and the drivers that follows the kernels of this machine. */
export async function run({ words, options, context, version, tools }: ConfigureInput): Promise<Result> {
  const { dryRun, json, destdir } = options;
  const progress = (line: string) => {
    if (!json) context.err(`  ${line}\n`);
  };
  const talking = { ...tools, progress };
  if (words[0] === 'remove') return showRemoved(dryRun ? undefined : await removeDkms(talking));
  const catalogue = await loadCatalogue(packageRoot, tools.files);
  const tree = await planTree(treeSettings(options, version, packageRoot, catalogue), tools.files);
  if (destdir !== '') {
    const directory = path.resolve(context.cwd, destdir, `usr/src/netmap-${version}`);
    if (!dryRun) await writeTree(tree, directory, tools.files);
    return showTree(directory, tree, version, dryRun);
  }
  const plan = await planDkms(tree, version, options.kernelVersion, talking);
  if (!dryRun) await installDkms(plan, tree, talking);
  return showInstalled(plan, dryRun);
}
