import os from 'node:os';
import path from 'node:path';
import { NetmapError } from '../../core/errors.js';
import { withLock } from '../../core/lock.js';
import type { Tools } from '../../core/tools.js';
import { type InterfaceState, interfacesOf, readInterface } from './interfaces.js';
import { LOCK, requireRoot } from './load.js';
import { readState, STATE_FOLDER, withSaved } from './state.js';
import { stockModule } from './stock.js';
import { isLoaded, type Swap, swapDrivers } from './swap.js';

export interface Unloaded {
  readonly core: string;
  /** Drivers that were swapped for the stock ones, or would be. */
  readonly drivers: readonly string[];
}

/** What there is to unload; changes nothing. */
export async function planUnloading(tools: Pick<Tools, 'files'>): Promise<Unloaded> {
  const { core, holders, missing } = await lookAround(tools);
  return { core, drivers: [...holders, ...missing] };
}

async function lookAround({ files }: Pick<Tools, 'files'>) {
  const saved = await readState(files);
  const core = saved?.core ?? 'netmap';
  const holders = await files.list(`/sys/module/${core}/holders`);
  // A killed run may have left neither driver: what it recorded tells which one is missing.
  const missing = Object.keys(saved?.loaded ?? {}).filter((name) => !holders.includes(name));
  return { saved, core, holders, missing };
}

/**
 * Brings the stock drivers back, then removes the core.
 *
 * @throws NetmapError `not-root`, `no-way-back`, `core-in-use`, and as `swapDrivers`
 */
export async function unload(tools: Tools): Promise<Unloaded> {
  requireRoot('unload');
  return withLock(LOCK, async () => {
    const { files } = tools;
    const { saved, core, holders, missing } = await lookAround(tools);
    for (const name of holders) await swapDrivers(await planUnload(name, saved, tools), tools);
    for (const name of missing) {
      if (!(await isLoaded(name, files))) await bringStock(name, saved, tools);
    }
    if (await isLoaded(core, files)) {
      await tools.runner.run({
        file: 'rmmod',
        args: [core],
        failure: {
          code: 'core-in-use',
          what: `${core}.ko is still in use`,
          mend: 'end the programs that netmap-configure status names, then unload again',
        },
      });
    }
    await files.remove(path.join(STATE_FOLDER, 'swap.json'));
    return { core, drivers: [...holders, ...missing] };
  });
}

async function planUnload(
  name: string,
  saved: Awaited<ReturnType<typeof readState>>,
  tools: Tools,
): Promise<Swap> {
  const { files, runner } = tools;
  const stock = await stockModule(name, os.release(), files);
  if (stock === undefined) {
    throw new NetmapError({
      code: 'no-way-back',
      what: `the distribution has no module ${name} to go back to`,
      mend: `rmmod ${name} by hand if its interfaces are not needed`,
    });
  }
  const states: InterfaceState[] = [];
  for (const one of await interfacesOf(name, files)) states.push(await readInterface(one, runner, files));
  const file = saved?.loaded[name];
  return {
    former: name,
    from: name,
    to: { ...stock, name },
    ...(file === undefined ? {} : { back: { file, depends: [] } }),
    interfaces: withSaved(states, saved, name),
  };
}

async function bringStock(
  name: string,
  saved: Awaited<ReturnType<typeof readState>>,
  tools: Tools,
): Promise<void> {
  const stock = await stockModule(name, os.release(), tools.files);
  if (stock !== undefined)
    await swapDrivers(
      { former: name, to: { ...stock, name }, interfaces: withSaved([], saved, name) },
      tools,
    );
}
