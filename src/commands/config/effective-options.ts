import type { CliContext } from '../../core/context.js';
import { realFiles } from '../../core/files.js';
import { configPlaces, readConfigFiles } from '../../core/options/config-file.js';
import { type ConfigureOptions, defaultOptions } from '../../core/options/options.js';
import type { Step } from '../../core/options/step.js';
import { packageRoot } from '../../core/paths.js';
import { loadCatalogue } from '../../facts/drivers/catalogue.js';
import { loadUniverse } from '../../facts/drivers/universe.js';

/**
 * The options as subcommands see them: defaults, configuration files, and what the command line says, in this order.
 *
 * @throws NetmapError as `parseConfigFile`, and for values that the option table refuses (exit 2)
 */
export async function effectiveOptions(
  steps: readonly Step[],
  context: CliContext,
): Promise<ConfigureOptions> {
  const catalogue = await loadCatalogue(packageRoot, realFiles);
  const universe = await loadUniverse(packageRoot, catalogue, realFiles);
  const options = defaultOptions(universe, context.env);
  const settings = await readConfigFiles(configPlaces(context.cwd, context.env), realFiles);
  for (const { row, value } of [...settings, ...steps]) {
    row.apply(options, value, universe);
    // --show-* tells what is to its left, and ends the run.
    if (options.show !== undefined) break;
  }
  return options;
}
