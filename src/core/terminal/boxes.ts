import type { Color, Paint } from './color.js';

/** Message boxes of the console report: 77 columns, the same text goes into config.log. */
export type BoxTitle = 'NOTE' | 'WARNING' | 'ERROR';

const STARS = '*'.repeat(34);
const TITLES: Record<BoxTitle, string> = { NOTE: ' NOTE  ', WARNING: 'WARNING', ERROR: ' ERROR ' };
export const BOX_END = '*'.repeat(77);

const COLORS = { NOTE: 'cyan', WARNING: 'yellow', ERROR: 'red' } as const satisfies Record<BoxTitle, Color>;

export function box(title: BoxTitle, lines: readonly string[], paint: Paint = (_, text) => text): string {
  const body = lines.flatMap((line) => line.split('\n')).map((line) => `*** ${line}`);
  return [`${STARS} ${paint(COLORS[title], TITLES[title])} ${STARS}`, ...body, BOX_END, ''].join('\n');
}

/** An error box also shows the configuration so far, as far as it is known. */
export function errorBox(lines: readonly string[], report: string, paint?: Paint): string {
  if (report === '') return box('ERROR', lines, paint);
  const values = report.trimEnd().split('\n');
  const text = box('ERROR', [...lines, '', '', 'Current configuration values:', '', ...values], paint);
  return text.replaceAll(/^\*\*\* $/gm, '***');
}
