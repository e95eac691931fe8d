import type { CliContext } from '../core/context.js';
import { configureProgram, type Flags } from '../core/options/configure-program.js';
import type { Tools } from '../core/tools.js';
import { configureCommands } from './commands.js';
import { execute, type Run } from './execute.js';
import { launch, type Output } from './launch.js';

/** Entry of `netmap-configure`. Resolves to the exit status; never throws. */
export function main(args: readonly string[]): Promise<number> {
  return launch((context) => runWith(args, context));
}

/** The same in a given context. Help is printed at once, the rest is what it resolves to. */
export function runWith(args: readonly string[], context: CliContext, tools?: Tools): Promise<Output> {
  const run: Run<Flags> = async ({ command, words, flags, steps }, given) => {
    const module = await configureCommands.get(command.name)?.();
    return module?.run({ words, flags, steps, args, context, ...given });
  };
  return execute(configureProgram, args, context, run, tools);
}
