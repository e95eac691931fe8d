import path from 'node:path';
import type { ConfigureInput } from '../../core/options/input.js';
import type { LoadRequest } from '../../machine/load/load.js';

/** What is asked for, as the machine's room takes it. */
export function loadRequest({ words, flags, options, context }: ConfigureInput): LoadRequest {
  const { confirmWithin } = flags;
  return {
    interfaces: words,
    build: path.resolve(context.cwd, flags.build ?? '.'),
    dryRun: options.dryRun,
    ...(confirmWithin === undefined ? {} : { confirmWithin }),
  };
}
