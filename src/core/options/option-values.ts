import { NetmapError } from '../errors.js';
import { nearest } from '../terminal/nearest.js';
import type { ConfigureOptions } from './options.js';

/** Splits at commas and blanks, resolves aliases, and refuses names that are not in the set. */
export function pick(
  kind: string,
  value: string | undefined,
  names: readonly string[],
  options: ConfigureOptions,
  aliases?: ReadonlyMap<string, string>,
): string[] {
  const wanted = (value ?? '').split(/[\s,]+/).filter((item) => item !== '');
  const chosen = wanted.map((item) => {
    if (names.includes(item)) return item;
    const real = aliases?.get(item);
    if (real === undefined || !names.includes(real)) throw unknownName(kind, item, names);
    options.notes.push(`${item} is called ${real} here: the driver is a directory in this kernel's sources`);
    return real;
  });
  return names.filter((name) => chosen.includes(name));
}

function unknownName(kind: string, item: string, names: readonly string[]): NetmapError {
  const close = nearest(item, names);
  return new NetmapError({
    code: 'unknown-name',
    what: `unknown ${kind} '${item}'`,
    why: names.length === 0 ? `there is no ${kind}` : `known: ${[...names].reverse().join(' ')}`,
    ...(close === undefined ? {} : { mend: `did you mean '${close}'?` }),
    exitCode: 2,
  });
}

/** @throws NetmapError `bad-value` (exit 2) */
export function checkName(what: string, value: string, allowed: RegExp): string {
  if (allowed.test(value)) return value;
  throw new NetmapError({
    code: 'bad-value',
    what: `'${value}' cannot be a ${what}`,
    why: `it must match ${allowed.source}, because it becomes part of file names and make rules`,
    mend: 'choose another one',
    exitCode: 2,
  });
}

/** @throws NetmapError `bad-value` (exit 2) */
export function oneOf<W extends string>(what: string, value: string, words: readonly W[]): W {
  const word = words.find((one) => one === value);
  if (word !== undefined) return word;
  throw new NetmapError({
    code: 'bad-value',
    what: `'${value}' cannot be a ${what}`,
    why: `it is one of ${words.join(', ')}`,
    mend: 'choose one of them',
    exitCode: 2,
  });
}

/** @throws NetmapError `bad-value` (exit 2) */
export function wholeNumber(what: string, value: string, least: number, most: number): number {
  const number = Number(value);
  if (value.trim() !== '' && Number.isInteger(number) && number >= least && number <= most) return number;
  throw new NetmapError({
    code: 'bad-value',
    what: `'${value}' cannot be ${what}`,
    why: `it is a number from ${least} to ${most}`,
    mend: 'choose another one',
    exitCode: 2,
  });
}

/** Separates `driver:version` pairs. @throws NetmapError `bad-value` for anything else. */
export function pickVersions(
  value: string | undefined,
  names: readonly string[],
  options: ConfigureOptions,
  aliases: ReadonlyMap<string, string>,
): [driver: string, version: string][] {
  return (value ?? '')
    .split(/[\s,]+/)
    .filter((item) => item !== '')
    .flatMap((item) => {
      checkName('choice of a version (DRIVER:VERSION)', item, /^[\w.-]+:\w[\w.-]*$/);
      const colon = item.indexOf(':');
      return pick('driver', item.slice(0, colon), names, options, aliases).map((name): [string, string] => [
        name,
        item.slice(colon + 1),
      ]);
    });
}

/** Base addresses of mirrors. @throws NetmapError `bad-value` for what is no plain http or https address. */
export function pickMirrors(value: string | undefined): string[] {
  return (value ?? '')
    .split(/[\s,]+/)
    .filter((item) => item !== '')
    .map((item) => {
      const url = URL.canParse(item) ? new URL(item) : undefined;
      const plain =
        url && /^https?:$/.test(url.protocol) && url.username === '' && url.search + url.hash === '';
      if (plain) return url.href;
      throw new NetmapError({
        code: 'bad-value',
        what: `'${item}' cannot be a mirror`,
        why: 'it must be an http or https address without password, query and fragment',
        mend: 'name the folder that is laid out as ext-drivers: --mirrors=https://HOST/PATH',
        exitCode: 2,
      });
    });
}
