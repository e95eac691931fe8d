import path from 'node:path';
import { exitCodes } from '../../core/errors.js';
import type { PortInput } from '../../core/options/input.js';
import type { Result } from '../../core/options/result.js';
import { manifestJsonSchema } from '../../facts/drivers/manifest.js';

/** `schema`: the JSON Schema of a driver manifest. */
export async function run({ flags, context, tools }: PortInput): Promise<Result> {
  const json = manifestJsonSchema();
  const text = `${JSON.stringify(json, null, 2)}\n`;
  if (flags.out === undefined) return { status: exitCodes.ok, json, text };
  const file = path.resolve(context.cwd, flags.out);
  await tools.files.write(file, text);
  return { status: exitCodes.ok, json, text: '' };
}
