import type { ConfigureOptions } from '../../core/options/options.js';
import { optionName } from '../../core/options/row.js';
import type { Step } from '../../core/options/step.js';

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
    const touched = optionName(step.row);
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
