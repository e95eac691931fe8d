import type { Tools } from '../../core/tools.js';
import type { Manifest } from '../../facts/drivers/manifest.js';
import { readDriverSource } from '../source/driver-source.js';
import { makePatch, provePatch } from './emit.js';
import { explainRefusal } from './explain.js';
import { type PortPlan, planPort } from './plan.js';

/** What the rules give for a kernel for which no stored patch fits. */
export type RulesPatch =
  | { readonly state: 'placed'; readonly patch: string; readonly plan: PortPlan }
  | { readonly state: 'already-ported'; readonly plan: PortPlan }
  /** `why`: lines for the user, every hook that has no place. */
  | { readonly state: 'refused'; readonly plan: PortPlan; readonly why: readonly string[] };

/**
 * Places a driver's hooks at configure time. The patch has passed every static gate and was proved to apply to
 * these sources without fuzz; compiling and object proof are left to the build. Nothing is written but a
 * temporary folder, which is removed.
 *
 * @param sources top directory of the full kernel sources
 * @param manifestFile name of the manifest, for the explanation of a refusal
 * @throws NetmapError as `readDriverSource` and `provePatch`
 */
export async function placeByRules(
  manifest: Manifest,
  sources: string,
  manifestFile: string,
  tools: Pick<Tools, 'runner' | 'files'>,
): Promise<RulesPatch> {
  const source = await readDriverSource(sources, manifest, tools.files);
  const plan = planPort(manifest, source.files);
  if (plan.refusals.length > 0)
    return { state: 'refused', plan, why: plan.refusals.flatMap((one) => explainRefusal(one, manifestFile)) };
  if (plan.already) return { state: 'already-ported', plan };
  const patch = makePatch(manifest, source.files, plan.files);
  await provePatch(manifest, patch, source.files, plan.files, tools);
  return { state: 'placed', patch, plan };
}
