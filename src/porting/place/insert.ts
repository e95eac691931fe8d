import type { Placement } from './place.js';

/** Puts every hook's text in front of its line. Placements refer to lines of the unchanged text. */
export function insertHooks(text: string, placements: readonly Placement[]): string {
  const lines = text.split('\n');
  const additions = new Map<number, string>();
  for (const { line, text: hook } of placements) additions.set(line, (additions.get(line) ?? '') + hook);
  return lines.map((line, index) => (additions.get(index + 1) ?? '') + line).join('\n');
}

/**
 * Takes the hooks out again, given the texts that may be in the file: used to recognise a file that is already ported.
 * Removes each text where it stands as whole lines.
 */
export function removeHooks(text: string, hooks: readonly string[]): string {
  let result = `\n${text}`;
  for (const hook of [...new Set(hooks)].sort((a, b) => b.length - a.length))
    result = result.split(`\n${hook}`).join('\n');
  return result.slice(1);
}
