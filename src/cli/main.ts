import type { CliContext } from '../core/context.js';
import { NetmapError, toProblem } from '../core/errors.js';
import { packageVersion } from '../core/paths.js';
import { shownErrors } from '../core/terminal/boxes.js';
import { subcommands } from './commands.js';
import { createProgram, runProgram } from './program.js';

/** Entry of the `netmap-configure` command. Never throws; leaves the exit status in `process.exitCode`. */
export async function main(args: readonly string[]): Promise<void> {
  const abort = new AbortController();
  const onSignal = () => abort.abort();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const context: CliContext = {
    cwd: process.cwd(),
    env: process.env,
    terminal: process.stdout.isTTY === true,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    signal: abort.signal,
  };
  try {
    await runWith(args, context);
  } catch (error) {
    report(error, args, context);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** Runs the command line in a given context. @throws NetmapError as the commands do. */
export async function runWith(args: readonly string[], context: CliContext): Promise<void> {
  const program = createProgram({
    version: packageVersion(),
    context,
    subcommands,
    effectiveOptions: async (steps) => {
      const { effectiveOptions } = await import('../commands/config/effective-options.js');
      return effectiveOptions(steps, context);
    },
    showConfig: async (steps) => {
      const { showConfig } = await import('../commands/config/config-show.js');
      await showConfig(steps, context);
    },
    configure: async (steps) => {
      const { configure } = await import('../commands/configure/configure.js');
      process.exitCode = await configure(steps, args, context);
    },
  });
  await runProgram(program, args);
}

/** The one place that prints an error. Errors that a command has shown already (as a box) are not repeated. */
function report(error: unknown, args: readonly string[], context: CliContext): void {
  const problem = toProblem(error);
  process.exitCode = problem.exitCode ?? 1;
  if (shownErrors.has(error)) return;
  if (args.includes('--json')) {
    context.out(`${JSON.stringify({ error: problem }, null, 2)}\n`);
    return;
  }
  const lines = [
    `error: ${problem.what}`,
    ...(problem.why === undefined ? [] : [`why:   ${problem.why.replaceAll('\n', '\n       ')}`]),
    ...(problem.mend === undefined ? [] : [`to do: ${problem.mend}`]),
    ...(problem.logFile === undefined ? [] : [`log:   ${problem.logFile}`]),
  ];
  context.err(`${lines.join('\n')}\n`);
  if (args.includes('--verbose') && error instanceof Error && !(error instanceof NetmapError)) {
    context.err(`${error.stack}\n`);
  }
}
