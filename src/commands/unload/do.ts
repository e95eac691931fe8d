import type { ConfigureInput } from '../../core/options/input.js';
import type { Result } from '../../core/options/result.js';
import { steadyTools } from '../../machine/load/steady.js';
import { planUnloading, unload } from '../../machine/load/unload.js';
import { showUnloaded } from './show.js';

/** `unload`: the stock drivers come back, netmap.ko goes. */
export async function run({ options, context }: ConfigureInput): Promise<Result> {
  const tools = steadyTools(context, options.json);
  const unloaded = options.dryRun ? await planUnloading(tools) : await unload(tools);
  return showUnloaded(unloaded, options.dryRun);
}
