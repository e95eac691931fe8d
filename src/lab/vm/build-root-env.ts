/**
 * `node dist/src/lab/vm/build-root-env.js <series>`: prints the environment to build in by hand for a Debian kernel. Not a
 * command of the product.
 */
import { Argument, Command } from 'commander';
import { toProblem } from '../../core/errors.js';
import { realFiles } from '../../core/files.js';
import { createRunner } from '../../core/runner.js';
import { obtainBuildRoot } from './build-root.js';
import { obtainKernel } from './debian-kernel.js';
import { type KernelSeries, kernelSeries } from './kernel-packages.js';

async function print(series: KernelSeries): Promise<void> {
  const deps = { runner: createRunner(), files: realFiles, progress: (line: string) => console.error(line) };
  try {
    const { env } = await obtainBuildRoot(await obtainKernel(series, deps), deps);
    for (const [name, value] of Object.entries(env)) console.log(`${name}=${value}`);
  } catch (error) {
    const problem = toProblem(error);
    console.error(problem);
    process.exitCode = problem.exitCode ?? 1;
  }
}

await new Command('build-root-env')
  .addArgument(new Argument('<series>').choices(Object.keys(kernelSeries)))
  .action(print)
  .parseAsync();
