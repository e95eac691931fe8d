import { exitCodes } from '../../core/errors.js';
import type { Result } from '../../core/options/result.js';
import type { Swap } from '../../machine/load/swap.js';

export function showSwaps(swaps: readonly Swap[], dryRun: boolean): Result {
  const lines = swaps.map(({ to, interfaces }) => {
    const names = interfaces.map(({ name }) => name).join(' ') || 'no interface';
    return `${dryRun ? 'would load' : 'loaded'} ${to.file} for ${names}\n`;
  });
  return { status: exitCodes.ok, json: { dryRun, swaps }, text: lines.join('') };
}

/** The load that waited says the rest. */
export function showConfirmed(): Result {
  return { status: exitCodes.ok, json: { confirmed: true }, text: '' };
}
