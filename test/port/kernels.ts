import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { cacheDirectory } from '../../src/system/paths.js';

/** Sources of Debian kernels that were unpacked for the VM tests; none are fetched for these tests. */
export interface CachedKernel {
  readonly series: string;
  readonly sourceDir: string;
  readonly buildDir: string;
}

export function cachedKernels(): CachedKernel[] {
  const directory = path.join(cacheDirectory(), 'kernels');
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .map((series) => path.join(directory, series, 'kernel.json'))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')) as CachedKernel)
    .filter(({ sourceDir }) => existsSync(path.join(sourceDir, 'drivers/net')));
}
