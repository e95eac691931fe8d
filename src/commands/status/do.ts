import { exitCodes } from '../../core/errors.js';
import type { ConfigureInput } from '../../core/options/input.js';
import type { Result } from '../../core/options/result.js';
import { loadedCore } from '../../machine/load/state.js';
import { readStatus } from '../../machine/load/status.js';
import { renderStatus } from '../../machine/load/status-text.js';

/** `status`: what netmap can do with each interface, and what uses it. */
export async function run({ tools }: ConfigureInput): Promise<Result> {
  const status = await readStatus(tools, '/', await loadedCore(tools.files));
  return { status: exitCodes.ok, json: status, text: renderStatus(status) };
}
