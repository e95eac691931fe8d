import type { Refusal } from './refusal.js';

/** A refusal in words, with everything that helps to mend it. `sources` shows the function as it is now. */
export function explainRefusal(refusal: Refusal, manifestFile: string): string[] {
  const { hook, role, what, file, lines, similar, candidates, manifest, reason } = refusal;
  const where = lines.length === 0 ? file : `${file}:${lines.join(', ')}`;
  return [
    role === 'census'
      ? `census of ${hook}: refused (${reason})`
      : `hook ${hook} (${role}): refused (${reason})`,
    `  why: ${what}`,
    `  where: ${where}`,
    ...(similar.length === 0 ? [] : [`  similar: ${similar.join(', ')}`]),
    ...candidates.map(({ line, score, text }) => `  candidate, score ${score}: line ${line}: ${text}`),
    `  edit: ${manifestFile}, ${manifest}`,
  ];
}
