import { pick, pickVersions } from '../../core/options/option-values.js';
import type { ConfigureOptions, Universe } from '../../core/options/options.js';

export interface NamedDrivers {
  readonly names: readonly string[];
  /** Driver -> version, of those whose version was named. */
  readonly versions: ReadonlyMap<string, string>;
}

/**
 * The drivers that words name, each as DRIVER or DRIVER:VERSION; without words those of the options.
 *
 * @throws NetmapError `unknown-name`, `bad-value` (exit 2)
 */
export function namedDrivers(
  words: readonly string[],
  options: ConfigureOptions,
  universe: Universe,
): NamedDrivers {
  const { externalDrivers, aliases } = universe;
  const names: string[] = [];
  const versions = new Map(options.versions);
  for (const word of words) {
    if (word.includes(':')) {
      const [choice] = pickVersions(word, externalDrivers, options, aliases);
      if (choice !== undefined) versions.set(...choice);
    }
    names.push(...pick('external_driver', word.split(':')[0], externalDrivers, options, aliases));
  }
  const standard = options.drivers.filter((driver) => options.externalDrivers.includes(driver)).reverse();
  return { names: words.length === 0 ? standard : [...new Set(names)], versions };
}
