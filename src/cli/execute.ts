import type { CliContext } from '../core/context.js';
import { exitCodes } from '../core/errors.js';
import type { ProgramRow } from '../core/options/command.js';
import { type ConfigureOptions, defaultOptions, type Universe } from '../core/options/options.js';
import type { Result } from '../core/options/result.js';
import { packageVersion } from '../core/paths.js';
import { painter } from '../core/terminal/color.js';
import type { Tools } from '../core/tools.js';
import type { Output } from './launch.js';
import { type Invocation, parse } from './parse.js';
import { printError, printResult, styleOf } from './style.js';

/** What is known once the command line was understood. */
export interface Known {
  readonly options: ConfigureOptions;
  readonly version: string;
  readonly tools: Tools;
}

export type Run<F> = (invocation: Invocation<F>, known: Known) => Promise<Result | undefined>;

/** From words to output: understands the command line, runs the command, renders what it comes to. Never throws. */
export async function execute<F>(
  table: ProgramRow<F>,
  args: readonly string[],
  context: CliContext,
  run: Run<F>,
  given?: Tools,
): Promise<Output> {
  let style = styleOf(args);
  try {
    const version = packageVersion();
    const paint = painter(style.color, context);
    const title = (text: string) => paint('bold', text);
    const invocation = parse(table, args, { version, out: context.out, title });
    if (invocation === undefined) return { status: exitCodes.ok, out: '', err: '' };
    const options = await optionsOf(invocation, context);
    style = options;
    const result = await run(invocation, { options, version, tools: given ?? (await toolsFor(context)) });
    if (result === undefined) throw new Error(`nothing runs the command ${invocation.command.name}`);
    return printResult(result, style);
  } catch (error) {
    return printError(error, style, context);
  }
}

/** Imported when a command runs, so that help stays fast. */
async function toolsFor(context: CliContext): Promise<Tools> {
  const { realTools } = await import('../core/real-tools.js');
  return realTools(context);
}

const NO_NAMES: Universe = { drivers: [], externalDrivers: [], apps: [], aliases: new Map() };

/** Names and files are read for commands that want them only: the others must work when a file is broken. */
async function optionsOf<F>(
  { command, steps }: Invocation<F>,
  context: CliContext,
): Promise<ConfigureOptions> {
  if (command.readsFiles) {
    const { effectiveOptions } = await import('../commands/config/effective-options.js');
    return effectiveOptions(steps, context);
  }
  const options = defaultOptions(NO_NAMES, context.env);
  for (const { row, value } of steps) row.apply(options, value, NO_NAMES);
  return options;
}
