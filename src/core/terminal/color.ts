import type { CliContext } from '../context.js';

export type ColorChoice = 'auto' | 'always' | 'never';

const CODES = { red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Color = keyof typeof CODES;

/** Puts a color around text, or leaves it as it is. */
export type Paint = (color: Color, text: string) => string;

/** `auto` is for terminals only, and not with NO_COLOR set to anything (no-color.org) or TERM=dumb. */
export function painter(choice: ColorChoice, context: Pick<CliContext, 'env' | 'terminal'>): Paint {
  const auto = context.terminal && !context.env.NO_COLOR && context.env.TERM !== 'dumb';
  const on = choice === 'always' || (choice === 'auto' && auto);
  return on ? (color, text) => `\u001b[${CODES[color]}m${text}\u001b[0m` : (_, text) => text;
}
