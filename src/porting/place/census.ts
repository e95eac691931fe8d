import type { Manifest } from '../../facts/drivers/manifest.js';
import { functionAt, type SourceFile } from '../source/functions.js';
import { type Refusal, refusal } from './refusal.js';

/**
 * Every use of an identifier must be in a function that the port knows. A driver that grew another way to hand
 * descriptors to the NIC is refused, however well all anchors fit.
 */
export function checkCensus(source: SourceFile, manifest: Manifest): Refusal[] {
  return manifest.census.flatMap(({ identifier, file, functions, why }, index) => {
    if (file !== source.name) return [];
    const base = { hook: identifier, role: 'census' as const, file, manifest: `census[${index}].functions` };
    const strange = new Map<string, number[]>();
    const note = (where: string, line: number): void => {
      strange.set(where, [...(strange.get(where) ?? []), line]);
    };
    source.tokens.forEach((token, at) => {
      if (token.text !== identifier) return;
      const fn = functionAt(source, at);
      if (fn !== undefined) {
        if (fn.name !== identifier && !functions.includes(fn.name)) note(fn.name, token.line);
      } else if (!isPlainDeclaration(source, at)) note('data at file scope', token.line);
    });
    const word = new RegExp(`\\b${identifier}\\b`);
    for (const { keyword, rest, line } of source.directives)
      if (/^(define|undef)$/.test(keyword) && word.test(rest)) note(`#${keyword}`, line);
    return [...strange].map(([where, lines]) =>
      refusal(base, 'new-user', `${identifier} is used in ${where}, which the port does not know: ${why}`, {
        lines,
      }),
    );
  });
}

/** A prototype, an enumerator or a member: nothing that takes the identifier's address. */
function isPlainDeclaration(source: SourceFile, at: number): boolean {
  const range = source.declarations.find(({ start, end }) => start <= at && at < end);
  if (range === undefined) return true;
  const tokens = source.tokens.slice(range.start, at);
  const enumeration = tokens[0]?.text === 'enum' || tokens[1]?.text === 'enum';
  return enumeration ? tokens.at(-1)?.text !== '=' : !tokens.some(({ text }) => text === '=');
}
