import { exitCodes } from '../../core/errors.js';
import type { Result } from '../../core/options/result.js';
import type { Setting } from './plan.js';

export function showSettings(settings: readonly Setting[], files: readonly string[]): Result {
  const width = Math.max(...settings.map(({ name }) => name.length));
  const lines = settings.map(
    ({ name, value, from }) =>
      `${name.padEnd(width)}  ${from === 'default' ? ' ' : '*'} ${textOf(value)}  (${from})\n`,
  );
  return {
    status: exitCodes.ok,
    json: { files, settings },
    text: `${lines.join('')}\nRead, weakest first, where they exist: ${files.join(', ')}\n`,
  };
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(String).join(' ');
  return value === null || value === '' ? '-' : String(value);
}
