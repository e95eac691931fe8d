import type { CliContext } from '../core/context.js';
import { exitCodes, NetmapError, toProblem } from '../core/errors.js';
import type { Result } from '../core/options/result.js';
import { type ColorChoice, painter } from '../core/terminal/color.js';
import type { Output } from './launch.js';

/** How the outcome of a command is printed. */
export interface Style {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly color: ColorChoice;
}

/** The style that the words ask for, as long as nothing better is known: errors of the command line obey it too. */
export function styleOf(args: readonly string[]): Style {
  const color = args.flatMap((word, at) => {
    if (word === '--color') return [args[at + 1] ?? ''];
    return word.startsWith('--color=') ? [word.slice('--color='.length)] : [];
  });
  const choice = color.at(-1);
  return {
    json: args.includes('--json'),
    verbose: args.includes('--verbose'),
    color: choice === 'always' || choice === 'never' ? choice : 'auto',
  };
}

function document(json: unknown): string {
  return `${JSON.stringify(json, null, 2)}\n`;
}

export function printResult({ status, json, text }: Result, style: Style): Output {
  return { status, out: style.json ? document(json) : text, err: '' };
}

/** The one place that prints an error. */
export function printError(error: unknown, style: Style, context: CliContext): Output {
  const problem = toProblem(error);
  const status = problem.exitCode ?? exitCodes.failure;
  if (style.json) return { status, out: document({ error: problem }), err: '', problem };
  const paint = painter(style.color, { env: context.env, terminal: context.errorTerminal === true });
  const lines = [
    `${paint('red', 'error:')} ${problem.what}`,
    ...(problem.why === undefined ? [] : [`why:   ${problem.why.replaceAll('\n', '\n       ')}`]),
    ...(problem.mend === undefined ? [] : [`to do: ${problem.mend}`]),
    ...(problem.logFile === undefined ? [] : [`log:   ${problem.logFile}`]),
  ];
  return { status, out: '', err: `${lines.join('\n')}\n${style.verbose ? stackOf(error) : ''}`, problem };
}

/** The stack of a defect; errors that are explained need none. */
export function stackOf(error: unknown): string {
  return error instanceof Error && !(error instanceof NetmapError) ? `${error.stack}\n` : '';
}
