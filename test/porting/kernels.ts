import { realFiles } from '../../src/core/files.js';
import { createRunner } from '../../src/core/runner.js';
import { type DebianKernel, obtainKernel } from '../../src/lab/vm/debian-kernel.js';

/** Every release series that patches are kept for. */
export const series = ['5.10', '6.1', '6.12', '7.2', '7.3'] as const;

const deps = { runner: createRunner(), files: realFiles };

/** Fetched when the cache does not hold them. */
export async function supportedKernels(): Promise<DebianKernel[]> {
  const kernels: DebianKernel[] = [];
  for (const one of series) kernels.push(await obtainKernel(one, deps));
  return kernels;
}
