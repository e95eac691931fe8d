import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CliContext } from '../../core/context.js';
import { type Chip, chips } from '../../lab/vm/chips.js';
import { type KernelSeries, kernelSeries } from '../../lab/vm/kernel-packages.js';

interface DemoFlags {
  kernel: KernelSeries;
  chip: Chip;
  frames: number;
  json?: true;
}

const DEFAULT_FRAMES = 1_000_000;

function frames(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1000 || value > 100_000_000) {
    throw new InvalidArgumentError('give a number from 1000 to 100000000.');
  }
  return value;
}

/** `netmap-configure demo`: the whole chain, from nothing to packets. */
export function demoCommand(program: Command, context: CliContext): void {
  program
    .command('demo')
    .description('build netmap and r8169 for a Debian kernel, boot it with two software NICs, and compare')
    .addOption(
      new Option('--kernel <series>', 'Debian kernel').choices(Object.keys(kernelSeries)).default('6.12'),
    )
    .addOption(new Option('--chip <chip>', 'chip of the software NICs').choices(chips).default('8168h'))
    .addOption(new Option('--frames <number>', 'frames to send').argParser(frames).default(DEFAULT_FRAMES))
    .option('--json', 'print the result as JSON')
    .action(async (flags: DemoFlags) => {
      const [{ runDemo }, { demoTable }, { createSteps }, { createRunner }, { realFiles }] =
        await Promise.all([
          import('../../lab/demo/demo.js'),
          import('../../lab/demo/table.js'),
          import('../../core/terminal/progress.js'),
          import('../../core/runner.js'),
          import('../../core/files.js'),
        ]);
      const deps = { runner: createRunner(context.signal), files: realFiles, signal: context.signal };
      const result = await runDemo(
        { kernel: flags.kernel, chip: flags.chip, count: flags.frames },
        deps,
        createSteps(context),
      );
      context.out(flags.json === true ? `${JSON.stringify(result, null, 2)}\n` : `\n${demoTable(result)}\n`);
    });
}
