import colors from 'picocolors';
import type { CliContext } from '../context.js';

export type ColorChoice = 'auto' | 'always' | 'never';
export type Color = 'red' | 'green' | 'yellow' | 'cyan' | 'bold';

/** Puts a color around text, or leaves it as it is. */
export type Paint = (color: Color, text: string) => string;

/** `auto` is for terminals only, and not with NO_COLOR set to anything (no-color.org) or TERM=dumb. */
export function painter(choice: ColorChoice, context: Pick<CliContext, 'env' | 'terminal'>): Paint {
  const auto = context.terminal && !context.env.NO_COLOR && context.env.TERM !== 'dumb';
  const paint = colors.createColors(choice === 'always' || (choice === 'auto' && auto));
  return (color, text) => paint[color](text);
}
