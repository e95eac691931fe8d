import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CliContext } from '../../core/context.js';

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 3600) {
    throw new InvalidArgumentError('give seconds, from 1 to 3600.');
  }
  return value;
}

interface LoadFlags {
  build: string;
  confirmWithin?: number;
  confirm?: true;
  dryRun?: true;
  json?: true;
}

/**
 * Tools that go on when the terminal goes: the connection that a user works over may run through the NIC. Ctrl-C in the
 * middle would leave a machine without network, so what has begun is finished or undone.
 */
async function steadyTools(context: CliContext, quiet: boolean) {
  const [{ createRunner }, { realFiles }] = await Promise.all([
    import('../../core/runner.js'),
    import('../../core/files.js'),
  ]);
  process.on('SIGHUP', () => undefined);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const progress = (line: string) => {
    if (!quiet) context.err(`  ${line}\n`);
  };
  return { runner: createRunner(), files: realFiles, progress };
}

/** `load`, `unload` and `status`: the drivers of a build folder under the interfaces of this machine. */
export function loadCommands(program: Command, context: CliContext): void {
  program
    .command('load')
    .description(
      'load netmap.ko and the patched drivers in place of the stock ones; undone when anything fails',
    )
    .argument('[interfaces...]', 'interfaces to load for (default: every driver of the build folder in use)')
    .option('--build <dir>', 'build folder', context.cwd)
    .addOption(
      new Option('--confirm-within <seconds>', 'go back unless confirmed in time').argParser(seconds),
    )
    .option('--confirm', 'confirm the load that waits for it')
    .option('--dry-run', 'print what would be done')
    .option('--json', 'print the result as JSON')
    .action(async (interfaces: string[], flags: LoadFlags, command: Command) => {
      const { json, dryRun } = { ...flags, ...jsonOf(command) };
      const [{ confirmLoad, load }, tools] = await Promise.all([
        import('../../machine/load/load.js'),
        steadyTools(context, json === true),
      ]);
      if (flags.confirm) return confirmLoad(tools.files);
      const { confirmWithin, build } = flags;
      const request = { interfaces, build, dryRun: dryRun === true };
      const swaps = await load(confirmWithin === undefined ? request : { ...request, confirmWithin }, tools);
      if (json) context.out(`${JSON.stringify({ dryRun: dryRun === true, swaps }, null, 2)}\n`);
      else for (const swap of swaps) context.out(`${describe(swap, dryRun === true)}\n`);
    });
  program
    .command('unload')
    .description('bring the stock drivers back and remove netmap.ko')
    .option('--dry-run', 'print what would be done')
    .option('--json', 'print the result as JSON')
    .action(async (flags: { json?: true; dryRun?: true }, command: Command) => {
      const { json, dryRun } = { ...flags, ...jsonOf(command) };
      const [{ planUnloading, unload }, tools] = await Promise.all([
        import('../../machine/load/unload.js'),
        steadyTools(context, json === true),
      ]);
      const { core, drivers } = dryRun ? await planUnloading(tools) : await unload(tools);
      const text = `${core}.ko ${dryRun ? 'would go' : 'is gone'}; stock drivers: ${drivers.join(' ') || 'nothing to bring back'}\n`;
      context.out(json ? `${JSON.stringify({ dryRun: dryRun === true, core, drivers }, null, 2)}\n` : text);
    });
  program
    .command('status')
    .description('what netmap can do with each interface, and who uses it')
    .option('--json', 'print it as JSON')
    .action(async (flags: { json?: true }, command: Command) => {
      const [{ readStatus }, { loadedCore }, { renderStatus }, { realFiles }, { createRunner }] =
        await Promise.all([
          import('../../machine/load/status.js'),
          import('../../machine/load/state.js'),
          import('../../machine/load/status-text.js'),
          import('../../core/files.js'),
          import('../../core/runner.js'),
        ]);
      const tools = { files: realFiles, runner: createRunner(context.signal) };
      const status = await readStatus(tools, '/', await loadedCore(realFiles));
      const { json } = { ...flags, ...jsonOf(command) };
      context.out(json ? `${JSON.stringify(status, null, 2)}\n` : renderStatus(status));
    });
}

/** `--json` and `--dry-run` are options of the configure run too, which sees them first. */
function jsonOf(command: Command): { json?: true; dryRun?: true } {
  const { json, dryRun } = command.optsWithGlobals() as { json?: true; dryRun?: true };
  return { ...(json ? { json } : {}), ...(dryRun ? { dryRun } : {}) };
}

function describe(
  swap: { to: { name: string; file: string }; interfaces: readonly { name: string }[] },
  planned: boolean,
): string {
  const names = swap.interfaces.map(({ name }) => name).join(' ') || 'no interface';
  return `${planned ? 'would load' : 'loaded'} ${swap.to.file} for ${names}`;
}
