import type { ConfigureInput } from '../../core/options/input.js';
import type { Result } from '../../core/options/result.js';
import { confirmLoad, load } from '../../machine/load/load.js';
import { steadyTools } from '../../machine/load/steady.js';
import { loadRequest } from './plan.js';
import { showConfirmed, showSwaps } from './show.js';

/** `load`: the drivers of a build folder under the interfaces of this machine. */
export async function run(input: ConfigureInput): Promise<Result> {
  const { flags, options, context } = input;
  const tools = steadyTools(context, options.json);
  if (flags.confirm) {
    await confirmLoad(tools.files);
    return showConfirmed();
  }
  return showSwaps(await load(loadRequest(input), tools), options.dryRun);
}
