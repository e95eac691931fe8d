import type { CliContext } from '../core/context.js';
import { type PortFlags, portProgram } from '../core/options/port-program.js';
import type { Tools } from '../core/tools.js';
import { portCommands } from './commands.js';
import { execute, type Run } from './execute.js';
import { launch, type Output } from './launch.js';

/** Entry of `netmap-port-driver`. Resolves to the exit status; never throws. */
export function main(args: readonly string[]): Promise<number> {
  return launch((context) => runWith(args, context));
}

/** The same in a given context. */
export function runWith(args: readonly string[], context: CliContext, tools?: Tools): Promise<Output> {
  const run: Run<PortFlags> = async ({ command, words, flags }, given) => {
    const module = await portCommands.get(command.name)?.();
    return module?.run({ words, flags, context, ...given });
  };
  return execute(portProgram, args, context, run, tools);
}
