import { exitCodes } from '../../core/errors.js';
import type { ConfigureInput } from '../../core/options/input.js';
import type { Result } from '../../core/options/result.js';
import { createSteps } from '../../core/terminal/progress.js';
import { runDemo } from '../../lab/demo/demo.js';
import { demoTable } from '../../lab/demo/table.js';

/** `demo`: the whole chain, from nothing to packets. */
export async function run({ flags, context, tools }: ConfigureInput): Promise<Result> {
  const { kernel, chip, frames: count } = flags;
  const result = await runDemo({ kernel, chip, count }, tools, createSteps(context));
  return { status: exitCodes.ok, json: result, text: `\n${demoTable(result)}\n` };
}
