import path from 'node:path';
import { cacheDirectory } from '../../core/paths.js';
import { createSteps } from '../../core/terminal/progress.js';
import { fetchSources } from '../../facts/kernel-tree/fetch-sources.js';
import { unpackSources } from '../../facts/kernel-tree/packed.js';
import { checkSources } from '../../facts/kernel-tree/sources.js';
import type { KernelTree } from '../../facts/kernel-tree/tree.js';
import type { Run } from './configure-run.js';

/**
 * Adds full sources to a kernel that was found without: out of the archive the user named, one in the usual places,
 * or a package that is fetched. Only drivers need sources, so a run without drivers leaves the kernel as it is.
 *
 * @throws NetmapError `sources-mismatch` when the named archive is of another version, and as `unpackSources`
 *   and `fetchSources` do
 */
export async function withSources(
  run: Run,
  kernel: KernelTree,
  named: string | undefined,
): Promise<KernelTree> {
  const { options, files, runner, context } = run;
  if (named === undefined && (kernel.sources.state !== 'missing' || options.drivers.length === 0))
    return kernel;
  const tools = { runner, files, signal: context.signal, cache: cacheDirectory(context.env) };
  const step = createSteps(context, options.json);
  const members = run.catalogue.map((driver) => driver.path).concat('drivers/net/loopback.c');
  const unpack = async (archive: string): Promise<KernelTree> => {
    const directory = await step(`unpacking drivers from ${archive}`, () =>
      unpackSources(archive, { ...tools, members }),
    );
    const sources = await checkSources(directory, kernel.version, files);
    return sources.state === 'found'
      ? { ...kernel, sources, sourceDir: sources.dir }
      : { ...kernel, sources };
  };
  if (named !== undefined) return unpack(path.resolve(run.buildDir, named));

  const packed = kernel.sources.state === 'missing' ? kernel.sources.packed : undefined;
  const found = packed === undefined ? undefined : await unpack(packed);
  if (found?.sources.state === 'found') return found;
  if (!options.fetch) return found === undefined ? kernel : withoutMatch(kernel, found, packed ?? '');
  const archive = await step(`fetching the sources of Linux ${kernel.release}`, () =>
    fetchSources(kernel, kernel.distribution, tools),
  );
  return unpack(archive);
}

/** An archive that was not named and belongs to another version is a remark, not an error. */
function withoutMatch(kernel: KernelTree, found: KernelTree, packed: string): KernelTree {
  if (kernel.sources.state !== 'missing' || found.sources.state !== 'mismatch') return kernel;
  const why = `${packed} is Linux ${found.sources.version.dotted}, the kernel is Linux ${kernel.version.dotted}`;
  return { ...kernel, sources: { ...kernel.sources, why } };
}
