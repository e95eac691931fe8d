import path from 'node:path';
import { loadManifest, type Manifest } from '../drivers/manifest.js';
import { exitCodes } from '../errors.js';
import { packageRoot } from '../system/paths.js';
import { readDriverSource } from './driver-source.js';
import { makePatch, patchName, provePatch, seriesOf } from './emit.js';
import { explainRefusal, summarisePlan } from './explain.js';
import type { Tools } from './main.js';
import { planPort } from './plan.js';
import { mergeRanges, type PortedTree } from './range.js';

export interface PortOptions {
  readonly kernelSources: readonly string[];
  readonly out: string;
  readonly dryRun?: boolean;
  readonly range?: boolean;
}

/** Ports a driver to each kernel tree given. @returns exit status: 0, or 8 when a port was refused */
export async function portCommand(driver: string, options: PortOptions, tools: Tools): Promise<number> {
  const folder = path.join(packageRoot, 'drivers', driver);
  const manifest = await loadManifest(folder);
  const ported: PortedTree[] = [];
  let refused = false;
  for (const tree of options.kernelSources) {
    const result = await portTree(manifest, folder, tree, tools);
    if (result === 'refused') refused = true;
    else if (result !== 'already') ported.push(result);
  }
  if (refused) return exitCodes.portRefused;
  await writePatches(manifest, ported, options, tools);
  return exitCodes.ok;
}

async function portTree(
  manifest: Manifest,
  folder: string,
  tree: string,
  tools: Tools,
): Promise<PortedTree | 'refused' | 'already'> {
  const { version, files } = await readDriverSource(tree, manifest);
  const plan = planPort(manifest, files);
  tools.print(`${manifest.name} on Linux ${version.dotted}`);
  for (const line of summarisePlan(plan)) tools.print(`  ${line}`);
  for (const refusal of plan.refusals)
    for (const line of explainRefusal(refusal, path.join(folder, 'manifest.json'))) tools.print(`  ${line}`);
  if (plan.refusals.length > 0) return 'refused';
  if (plan.already) {
    tools.print('  already ported: nothing to do');
    return 'already';
  }
  const patch = makePatch(manifest, files, plan.files);
  await provePatch(manifest, patch, files, plan.files, tools);
  return { version, before: files, after: plan.files, patch };
}

async function writePatches(
  manifest: Manifest,
  ported: readonly PortedTree[],
  options: PortOptions,
  tools: Tools,
): Promise<void> {
  const ranges = options.range
    ? mergeRanges(manifest, ported)
    : ported.map(({ version, patch }) => ({
        ...seriesOf(version),
        patch,
        covers: [version],
        madeFrom: version,
      }));
  for (const { from, to, patch, covers } of ranges) {
    const target = path.join(options.out, patchName(manifest, from, to));
    if (!options.dryRun) await tools.files.write(path.resolve(target), patch);
    const verb = options.dryRun ? 'would write' : 'wrote';
    tools.print(`${verb} ${target}: exact on ${covers.map(({ dotted }) => dotted).join(', ')}`);
  }
}
