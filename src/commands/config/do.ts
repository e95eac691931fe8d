import { configPlaces, readConfigFiles } from '../../core/options/config-file.js';
import type { ConfigureInput } from '../../core/options/input.js';
import { defaultOptions } from '../../core/options/options.js';
import type { Result } from '../../core/options/result.js';
import { packageRoot } from '../../core/paths.js';
import { loadCatalogue } from '../../facts/drivers/catalogue.js';
import { loadUniverse } from '../../facts/drivers/universe.js';
import { traceSettings } from './plan.js';
import { showSettings } from './show.js';

/** `config show`: every setting, its value, and where it comes from. */
export async function run({ steps, context, tools }: ConfigureInput): Promise<Result> {
  const catalogue = await loadCatalogue(packageRoot, tools.files);
  const universe = await loadUniverse(packageRoot, catalogue, tools.files);
  const places = configPlaces(context.cwd, context.env);
  const all = [...(await readConfigFiles(places, tools.files)), ...steps];
  const options = defaultOptions(universe, context.env);
  const settings = traceSettings(
    options,
    all,
    ({ row, value }) => row.apply(options, value, universe),
    context.env,
  );
  return showSettings(settings, places);
}
