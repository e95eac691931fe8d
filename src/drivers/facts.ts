import path from 'node:path';
import { NetmapError } from '../errors.js';
import type { KernelTree } from '../kernel/tree.js';
import { choosePatch } from '../patches/choose.js';
import type { Files } from '../system/files.js';
import type { DriverEntry } from './catalogue.js';
import type { DriverFacts } from './decide.js';

/**
 * Looks at one driver in one kernel. Reads only.
 *
 * @param patches directory with the patches
 * @throws NetmapError `sources-mismatch` when sources were named that belong to another kernel than the
 *   headers: drivers from them would be built against headers they do not fit.
 */
export async function gatherFacts(
  entry: DriverEntry,
  kernel: KernelTree,
  patches: string,
  files: Files,
): Promise<DriverFacts> {
  const configValue = kernel.config.get(entry.kconfig);
  const { sources } = kernel;
  if (sources.state === 'mismatch') {
    throw new NetmapError({
      code: 'sources-mismatch',
      what: `the kernel sources are Linux ${sources.version.dotted}, the kernel to build for is Linux ${kernel.version.dotted}`,
      why: `${sources.dir} does not belong to ${kernel.buildDir}: drivers of one version do not fit the headers of another`,
      mend: `unpack the sources of Linux ${kernel.version.dotted} and name them with --kernel-sources=DIR`,
    });
  }
  if (sources.state !== 'found' || configValue === undefined) return { entry, configValue, sources };
  const place = path.join(sources.dir, entry.path);
  const key = entry.kind === 'file' ? place : path.join(place, entry.keyFile);
  if (!(await files.exists(key))) return { entry, configValue, sources };
  const choice = await choosePatch(
    { directory: patches, driver: entry.name, code: kernel.version.code, above: path.dirname(place) },
    files,
  );
  return { entry, configValue, sources, place, choice };
}
