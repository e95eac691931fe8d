/**
 * `node dist/src/lab/vm/debug-kernel-env.js <kasan|kcsan> [series]`: builds a debug kernel into the cache and prints where
 * it is, to configure with --kernel-dir and --kernel-sources. Not a command of the product.
 */
import { toProblem } from '../../core/errors.js';
import { realFiles } from '../../core/files.js';
import { createRunner } from '../../core/runner.js';
import { debugKernels, obtainDebugKernel } from './debug-kernel.js';
import { type KernelSeries, kernelSeries } from './kernel-packages.js';

const [word, series = '6.12'] = process.argv.slice(2);
const kind = debugKernels.find((name) => name === word);
try {
  if (kind === undefined || !(series in kernelSeries)) {
    throw new Error(
      `usage: debug-kernel-env.js ${debugKernels.join('|')} [${Object.keys(kernelSeries).join('|')}]`,
    );
  }
  const progress = (line: string) => console.error(line);
  const tools = { runner: createRunner(), files: realFiles, progress };
  console.log(JSON.stringify(await obtainDebugKernel(kind, series as KernelSeries, tools), null, 2));
} catch (error) {
  const problem = toProblem(error);
  console.error(problem);
  process.exitCode = problem.exitCode ?? 1;
}
