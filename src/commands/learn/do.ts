import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import type { PortInput } from '../../core/options/input.js';
import type { Result } from '../../core/options/result.js';
import { packageRoot } from '../../core/paths.js';
import { learnFromPatch } from '../../porting/learn/learn-patch.js';
import { showRules } from './show.js';

/** `learn`: derives rules from a patch and writes `<out>/manifest.json`. */
export async function run({ words, flags, options, context, tools }: PortInput): Promise<Result> {
  const [patch = ''] = words;
  const [sources = ''] = flags.kernelSources;
  const manifest = await learnFromPatch(patch, sources, flags.driverPath, tools);
  const folder = flags.out ?? path.join(packageRoot, 'drivers', manifest.name);
  const target = path.resolve(context.cwd, folder, 'manifest.json');
  if (await tools.files.exists(target))
    throw new NetmapError({
      code: 'in-the-way',
      what: `${target} exists`,
      why: 'rules that were written by hand are never overwritten',
      mend: 'choose another folder: --out DIR',
      exitCode: exitCodes.usage,
    });
  if (!options.dryRun) await tools.files.write(target, `${JSON.stringify(manifest, null, 2)}\n`);
  return showRules(manifest, target, options.dryRun);
}
