import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import { packageRoot } from '../../core/paths.js';
import { learnFromPatch } from '../../porting/learn/learn-patch.js';
import type { PortTools } from './tools.js';

export interface LearnOptions {
  readonly kernelSources: string;
  readonly driverPath?: string;
  readonly out?: string;
  readonly dryRun?: boolean;
}

/** Derives rules from a patch and writes `<out>/manifest.json`. @returns exit status */
export async function learnCommand(
  patchFile: string,
  options: LearnOptions,
  tools: PortTools,
): Promise<number> {
  const manifest = await learnFromPatch(patchFile, options.kernelSources, options.driverPath, tools);
  const target = path.resolve(
    options.out ?? path.join(packageRoot, 'drivers', manifest.name),
    'manifest.json',
  );
  if (await tools.files.exists(target))
    throw new NetmapError({
      code: 'in-the-way',
      what: `${target} exists`,
      why: 'rules that were written by hand are never overwritten',
      mend: 'choose another folder: --out DIR',
      exitCode: exitCodes.usage,
    });
  for (const { id, role, functions, at } of manifest.hooks)
    tools.print(`${id.padEnd(14)} ${role.padEnd(10)} ${functions[0]}: ${JSON.stringify(at)}`);
  for (const { role, why } of manifest.waivers) tools.print(`no ${role} hook: ${why}`);
  if (!options.dryRun) await tools.files.write(target, `${JSON.stringify(manifest, null, 2)}\n`);
  tools.print(`${options.dryRun ? 'would write' : 'wrote'} ${target}`);
  return exitCodes.ok;
}
