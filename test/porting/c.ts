import type { Hook } from '../../src/facts/drivers/manifest.js';
import { hookSchema } from '../../src/facts/drivers/manifest.js';
import { type Placed, placeHook } from '../../src/porting/place/place.js';
import { indexSource } from '../../src/porting/source/functions.js';

/** A hook with everything a test does not care about filled in. */
export function hook(members: Record<string, unknown>): Hook {
  return hookSchema.parse({
    id: 'probe',
    role: 'other',
    file: 'x.c',
    functions: ['f'],
    at: { place: 'after-declarations' },
    text: '\thook();\n',
    ...members,
  });
}

/** Places a hook and marks its line with `>`; a refusal gives its reason. */
export function placedIn(text: string, members: Record<string, unknown>): string {
  const result: Placed = placeHook(indexSource('x.c', text), hook(members), 0);
  if ('refusal' in result) return result.refusal.reason;
  return text.split('\n')[result.placement.line - 1]?.trim() ?? '(end)';
}
