/** Message boxes of the console report: 77 columns, the same text goes into config.log. */
export type BoxTitle = 'NOTE' | 'WARNING' | 'ERROR';

const STARS = '*'.repeat(34);
const TITLES: Record<BoxTitle, string> = { NOTE: ' NOTE  ', WARNING: 'WARNING', ERROR: ' ERROR ' };
export const BOX_END = '*'.repeat(77);

export function box(title: BoxTitle, lines: readonly string[]): string {
  const body = lines.flatMap((line) => line.split('\n')).map((line) => `*** ${line}`);
  return [`${STARS} ${TITLES[title]} ${STARS}`, ...body, BOX_END, ''].join('\n');
}

/** An error box also shows the configuration so far, as far as it is known. */
export function errorBox(lines: readonly string[], report: string): string {
  if (report === '') return box('ERROR', lines);
  const values = report.trimEnd().split('\n');
  const text = box('ERROR', [...lines, '', '', 'Current configuration values:', '', ...values]);
  return text.replaceAll(/^\*\*\* $/gm, '***');
}

/** Errors that a command has shown as a box already; they are not printed a second time. */
export const shownErrors = new Set<unknown>();
