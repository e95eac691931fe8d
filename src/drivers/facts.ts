import path from 'node:path';
import { NetmapError } from '../errors.js';
import type { KernelTree } from '../kernel/tree.js';
import { choosePatch } from '../patches/choose.js';
import { orderCandidates } from '../patches/name.js';
import type { Files } from '../system/files.js';
import type { DriverEntry } from './catalogue.js';
import type { DriverFacts } from './decide.js';
import type { DriverOverrides } from './overrides.js';

/**
 * Looks at one driver in one kernel. Reads only.
 *
 * @param patches directory with the patches
 * @param overrides the user's own; with a `src` command of his there is nothing to look at before make runs it
 * @throws NetmapError `sources-mismatch` when sources were named that belong to another kernel than the
 *   headers: drivers from them would be built against headers they do not fit.
 */
export async function gatherFacts(
  entry: DriverEntry,
  kernel: KernelTree,
  patches: string,
  overrides: DriverOverrides,
  files: Files,
): Promise<DriverFacts> {
  const configValue = kernel.config.get(overrides.conf ?? entry.kconfig);
  const { sources } = kernel;
  const facts = { entry, overrides, configValue, sources };
  if (overrides.src) {
    const names = orderCandidates(await files.list(patches), entry.name, kernel.version.code);
    const [best] = names.filter(({ from, to }) => from <= kernel.version.code && kernel.version.code < to);
    return { ...facts, choice: { tried: [], ...(best === undefined ? {} : { patch: best.file }) } };
  }
  if (sources.state === 'mismatch') {
    throw new NetmapError({
      code: 'sources-mismatch',
      what: `the kernel sources are Linux ${sources.version.dotted}, the kernel to build for is Linux ${kernel.version.dotted}`,
      why: `${sources.dir} does not belong to ${kernel.buildDir}: drivers of one version do not fit the headers of another`,
      mend: `unpack the sources of Linux ${kernel.version.dotted} and name them with --kernel-sources=DIR`,
    });
  }
  if (sources.state !== 'found') return facts;
  if (configValue === undefined && !overrides.force) return facts;
  const place = path.join(sources.dir, entry.path);
  const key = entry.kind === 'file' ? place : path.join(place, entry.keyFile);
  if (!(await files.exists(key))) return facts;
  const choice = await choosePatch(
    { directory: patches, driver: entry.name, code: kernel.version.code, above: path.dirname(place) },
    files,
  );
  return { ...facts, place, choice };
}
