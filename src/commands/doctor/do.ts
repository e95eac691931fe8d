import os from 'node:os';
import path from 'node:path';
import type { ConfigureInput } from '../../core/options/input.js';
import type { Result } from '../../core/options/result.js';
import { painter } from '../../core/terminal/color.js';
import { examine, fix, planUndo, undo } from '../../machine/doctor/doctor.js';
import { actionOf, fixable } from './plan.js';
import { showFindings, showUndone } from './show.js';

/** `doctor`: what stands in the way of netmap on this machine, each with the command that mends it. */
export async function run({ words, flags, options, context, tools }: ConfigureInput): Promise<Result> {
  const host = {
    ...tools,
    release: context.env.kernelver || os.release(),
    interfaces: words,
    build: path.resolve(context.cwd, flags.build ?? '.'),
  };
  const { dryRun } = options;
  const action = actionOf(flags);
  if (action === 'undo') {
    return showUndone(dryRun ? { planned: await planUndo(host) } : await undo(host));
  }
  const found = await examine(host);
  const paint = painter(options.color, context);
  if (action === 'fix' && dryRun) return showFindings(found, paint, fixable(found));
  return showFindings(action === 'fix' ? await fix(found, host) : found, paint);
}
