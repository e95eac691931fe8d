import path from 'node:path';
import { NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import type { KernelTree } from '../kernel-tree/tree.js';
import { type Choice, choosePatch } from '../patches/choose.js';
import { orderCandidates } from '../patches/name.js';
import type { DriverEntry } from './catalogue.js';
import type { DriverFacts } from './decide.js';
import type { DriverOverrides } from './overrides.js';
import type { RulesOutcome } from './rules-outcome.js';

/** Where patches come from, and what to try when none of them fits. */
export interface PatchOrigins {
  /** Directory with the patches of this package, or the user's own `patches` folder. */
  readonly stored: string;
  /** Patches of an existing checkout (--patches-from), tried after them. */
  readonly others?: string;
  /** Places hooks by the rules of a driver; undefined for drivers without rules. */
  byRules?(entry: DriverEntry, sources: string): Promise<RulesOutcome | undefined>;
}

/**
 * Looks at one driver in one kernel. Reads only.
 *
 * @param overrides the user's own; with a `src` command among them there is nothing to look at before make runs it
 * @throws NetmapError `sources-mismatch` when sources were named that belong to another kernel than the
 *   headers: drivers from them would be built against headers they do not fit.
 */
export async function gatherFacts(
  entry: DriverEntry,
  kernel: KernelTree,
  patches: PatchOrigins,
  overrides: DriverOverrides,
  files: Files,
): Promise<DriverFacts> {
  const configValue = kernel.config.get(overrides.conf ?? entry.kconfig);
  const { sources } = kernel;
  const facts = { entry, overrides, configValue, sources };
  if (overrides.src) {
    const names = orderCandidates(await files.list(patches.stored), entry.name, kernel.version.code);
    const [best] = names.filter(({ from, to }) => from <= kernel.version.code && kernel.version.code < to);
    return { ...facts, choice: { tried: [], ...(best === undefined ? {} : { patch: best.file }) } };
  }
  if (sources.state === 'mismatch') throw mismatch(sources, kernel);
  if (sources.state !== 'found') return facts;
  if (configValue === undefined && !overrides.force) return facts;
  const place = path.join(sources.dir, entry.path);
  const key = entry.kind === 'file' ? place : path.join(place, entry.keyFile);
  if (!(await files.exists(key))) {
    return (await files.isDirectory(place)) ? { ...facts, lacks: entry.keyFile } : facts;
  }
  const choice = await choose(entry, kernel, patches, path.dirname(place), files);
  if (choice.patch !== undefined || overrides.patch) return { ...facts, place, choice };
  const rules = await patches.byRules?.(entry, sources.dir);
  return { ...facts, place, choice, ...(rules === undefined ? {} : { rules }) };
}

async function choose(
  entry: DriverEntry,
  kernel: KernelTree,
  { stored, others }: PatchOrigins,
  above: string,
  files: Files,
): Promise<Choice> {
  const request = { driver: entry.name, code: kernel.version.code, above };
  const first = await choosePatch({ ...request, directory: stored }, files);
  if (first.patch !== undefined || others === undefined) return first;
  // The old name of a driver that became a directory is of another shape: only its own name counts.
  const second = await choosePatch({ ...request, directory: others }, files);
  const tried = [...first.tried, ...second.tried];
  if (second.patch === undefined) return { tried };
  return { patch: second.patch, tried, directory: others };
}

function mismatch(sources: KernelTree['sources'] & { state: 'mismatch' }, kernel: KernelTree): NetmapError {
  return new NetmapError({
    code: 'sources-mismatch',
    what: `the kernel sources are Linux ${sources.version.dotted}, the kernel to build for is Linux ${kernel.version.dotted}`,
    why: `${sources.dir} does not belong to ${kernel.buildDir}: drivers of one version do not fit the headers of another`,
    mend: `unpack the sources of Linux ${kernel.version.dotted} and name them with --kernel-sources=DIR, or configure with --fetch`,
  });
}
