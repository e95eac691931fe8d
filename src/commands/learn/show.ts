import { exitCodes } from '../../core/errors.js';
import type { Result } from '../../core/options/result.js';
import type { Manifest } from '../../facts/drivers/manifest.js';

export function showRules(manifest: Manifest, file: string, dryRun: boolean): Result {
  const hooks = manifest.hooks.map(
    ({ id, role, functions, at }) =>
      `${id.padEnd(14)} ${role.padEnd(10)} ${functions[0]}: ${JSON.stringify(at)}\n`,
  );
  const waivers = manifest.waivers.map(({ role, why }) => `no ${role} hook: ${why}\n`);
  return {
    status: exitCodes.ok,
    json: { dryRun, file, manifest },
    text: [...hooks, ...waivers, `${dryRun ? 'would write' : 'wrote'} ${file}\n`].join(''),
  };
}
