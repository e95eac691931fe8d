import path from 'node:path';
import { cacheDirectory, packageRoot } from '../../core/paths.js';
import type { Tools } from '../../core/tools.js';
import { describeKernel, type KernelTree } from '../../facts/kernel-tree/tree.js';
import { ProbeCache } from '../../facts/probes/cache.js';
import { exportsSymbol, renderHeader } from '../../facts/probes/header.js';
import { probeKernel } from '../../facts/probes/run.js';

/** Describes the kernel to compile for and writes its `netmap_linux_config.h` into `directory`. */
export async function prepareKernel(
  kernelDir: string,
  kernelOpts: readonly string[],
  directory: string,
  tools: Pick<Tools, 'runner' | 'files'>,
): Promise<KernelTree> {
  const kernel = await describeKernel({ kernelDir, runningRelease: '', env: {} }, tools.files);
  const cache = new ProbeCache(cacheDirectory(), tools.files);
  const result = await probeKernel(
    {
      kernel,
      kernelOpts,
      directory: path.join(directory, 'probes'),
      packageRoot,
      logFile: path.join(directory, 'probes.log'),
    },
    cache,
    tools.runner,
    tools.files,
  );
  const symvers =
    kernel.symversPath === undefined ? '' : ((await tools.files.read(kernel.symversPath)) ?? '');
  const facts = { splitPage: exportsSymbol(symvers, 'split_page'), dmasync: true, driverSuffix: '' };
  await tools.files.write(path.join(directory, 'netmap_linux_config.h'), renderHeader(result.answers, facts));
  return kernel;
}
