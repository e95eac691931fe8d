import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import type { PortFlags } from '../../core/options/port-program.js';
import type { Manifest } from '../../facts/drivers/manifest.js';
import { patchName, seriesOf } from '../../porting/place/emit.js';
import type { Port } from '../../porting/prove/pipeline.js';
import { mergeRanges, type PortedTree } from '../../porting/prove/range.js';

/** @throws NetmapError `usage` for lists that do not belong together */
export function checkOptions({ kernelDir, kernelSources, work }: PortFlags): void {
  const dirs = kernelDir.length;
  const trees = kernelSources.length;
  if (dirs !== 0 && dirs !== trees)
    throw new NetmapError({
      code: 'usage',
      what: `${dirs} build directories for ${trees} source trees`,
      why: 'each --kernel-dir belongs to the --kernel-sources at the same position',
      mend: 'give as many --kernel-dir as --kernel-sources, or none',
      exitCode: exitCodes.usage,
    });
  if (work !== undefined && trees > 1)
    throw new NetmapError({
      code: 'usage',
      what: '--work names one folder, but several source trees were given',
      mend: 'leave --work out: every port gets a folder of its own in the cache',
      exitCode: exitCodes.usage,
    });
}

/** A patch that ports come to, and where it goes. */
export interface PatchFile {
  readonly file: string;
  readonly patch: string;
  /** Versions that it is exact on. */
  readonly exactOn: readonly string[];
}

/** The patches of all ports below `out`: one for each kernel, or one for as many as it is exact for. */
export function patchFiles(
  manifest: Manifest,
  ports: readonly Port[],
  { range, out = 'final-patches' }: PortFlags,
): PatchFile[] {
  const trees = ports
    .filter(({ result }) => result.outcome === 'ported')
    .map(({ result, version, before, after }): PortedTree => {
      return { version, before, after, patch: result.patch };
    });
  const ranges = range
    ? mergeRanges(manifest, trees)
    : trees.map(({ version, patch }) => ({ ...seriesOf(version), patch, covers: [version] }));
  return ranges.map(({ from, to, patch, covers }) => ({
    file: path.join(out, patchName(manifest, from, to)),
    patch,
    exactOn: covers.map(({ dotted }) => dotted),
  }));
}

/** Ported or already so, and proved as far as it was compiled. */
export function isGood(result: Port['result']): boolean {
  return result.outcome !== 'refused' && (result.compile.state === 'not-compiled' || result.compile.proved);
}
