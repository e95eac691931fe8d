import path from 'node:path';
import { toProblem } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import type { Runner } from '../../core/runner.js';
import type { DriverEntry } from '../../facts/drivers/catalogue.js';
import { parseManifest } from '../../facts/drivers/manifest.js';
import type { RulesOutcome } from '../../facts/drivers/rules-outcome.js';
import { placeByRules } from '../../porting/place/configure.js';

/**
 * Places the hooks of a driver by the rules of its manifest; undefined when it has none. Trouble with the sources is
 * a reason for this driver, not an error of the run.
 */
export async function tryRules(
  entry: DriverEntry,
  sources: string,
  packageRoot: string,
  tools: { readonly runner: Runner; readonly files: Files },
): Promise<RulesOutcome | undefined> {
  const file = path.join(packageRoot, 'drivers', entry.name, 'manifest.json');
  const text = await tools.files.read(file);
  if (text === undefined) return undefined;
  const manifest = parseManifest(text, file);
  if (manifest.hooks.length === 0) return undefined;
  try {
    const result = await placeByRules(manifest, sources, file, tools);
    if (result.state === 'placed') {
      return { state: 'placed', patch: result.patch, hooks: manifest.hooks.length };
    }
    if (result.state === 'already-ported')
      return { state: 'refused', why: 'the sources have netmap hooks already' };
    return { state: 'refused', why: result.why[0] ?? 'a hook has no place' };
  } catch (error) {
    const problem = toProblem(error);
    if (problem.code === 'interrupted') throw error;
    return {
      state: 'refused',
      why: [problem.what, problem.why ?? ''].filter((part) => part !== '').join(': '),
    };
  }
}
