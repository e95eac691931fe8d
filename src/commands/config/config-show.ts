import type { CliContext } from '../../core/context.js';
import { realFiles } from '../../core/files.js';
import { configPlaces, readConfigFiles } from '../../core/options/config-file.js';
import { type ConfigureOptions, defaultOptions } from '../../core/options/options.js';
import type { Step } from '../../core/options/step.js';
import { packageRoot } from '../../core/paths.js';
import { loadCatalogue } from '../../facts/drivers/catalogue.js';
import { loadUniverse } from '../../facts/drivers/universe.js';

/** The value of one setting and what set it: `default`, `environment`, `command line` or a file. */
export interface Setting {
  readonly name: keyof ConfigureOptions;
  readonly value: unknown;
  readonly from: string;
}

const INTERNAL: readonly (keyof ConfigureOptions)[] = ['notes', 'show', 'driversNamed'];

/** Applies the steps one by one and remembers the last one that touched each setting. Pure but for `options`. */
export function traceSettings(
  options: ConfigureOptions,
  steps: readonly Step[],
  apply: (step: Step) => void,
  env: NodeJS.ProcessEnv,
): Setting[] {
  const from = new Map<string, string>(env.DESTDIR ? [['destdir', 'environment (DESTDIR)']] : []);
  for (const step of steps) {
    const before = snapshot(options);
    apply(step);
    const after = snapshot(options);
    const touched = step.row.flags.replace(/^--/, '').split(' ')[0] ?? '';
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      if (before[name] !== after[name] || dashed(name) === touched) from.set(name, step.origin);
    }
  }
  const optional = ['kernelDir', 'kernelVersion', 'kernelSources', 'cache', 'extDriversDir'];
  const names = [...new Set([...optional, ...Object.keys(options)])] as (keyof ConfigureOptions)[];
  return names
    .filter((name) => !INTERNAL.includes(name))
    .map((name) => ({ name, value: options[name] ?? null, from: from.get(name) ?? 'default' }));
}

function snapshot(options: ConfigureOptions): Record<string, string> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, JSON.stringify(value)]));
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `config show`: every setting, its value, and where it comes from. */
export async function showConfig(commandLine: readonly Step[], context: CliContext): Promise<void> {
  const catalogue = await loadCatalogue(packageRoot, realFiles);
  const universe = await loadUniverse(packageRoot, catalogue, realFiles);
  const options = defaultOptions(universe, context.env);
  const places = configPlaces(context.cwd, context.env);
  const steps = [...(await readConfigFiles(places, realFiles)), ...commandLine];
  const settings = traceSettings(
    options,
    steps,
    ({ row, value }) => row.apply(options, value, universe),
    context.env,
  );
  if (options.json) {
    context.out(`${JSON.stringify({ files: places, settings }, null, 2)}\n`);
    return;
  }
  const width = Math.max(...settings.map(({ name }) => name.length));
  for (const { name, value, from } of settings) {
    context.out(`${name.padEnd(width)}  ${from === 'default' ? ' ' : '*'} ${textOf(value)}  (${from})\n`);
  }
  context.out(`\nRead, weakest first, where they exist: ${places.join(', ')}\n`);
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(String).join(' ');
  return value === null || value === '' ? '-' : String(value);
}
