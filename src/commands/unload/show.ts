import { exitCodes } from '../../core/errors.js';
import type { Result } from '../../core/options/result.js';
import type { Unloaded } from '../../machine/load/unload.js';

export function showUnloaded({ core, drivers }: Unloaded, dryRun: boolean): Result {
  const stock = drivers.join(' ') || 'nothing to bring back';
  return {
    status: exitCodes.ok,
    json: { dryRun, core, drivers },
    text: `${core}.ko ${dryRun ? 'would go' : 'is gone'}; stock drivers: ${stock}\n`,
  };
}
