import os from 'node:os';
import path from 'node:path';
import { NetmapError } from '../errors.js';
import type { Files } from '../system/files.js';
import { withLock } from '../system/lock.js';
import { readBuildFolder } from './build-folder.js';
import { type InterfaceState, interfacesOf, moduleOf, readInterface } from './interfaces.js';
import { isFrom, type ModuleFacts, readModule } from './module-file.js';
import { readState, STATE_FOLDER, withSaved, writeState } from './state.js';
import { type StockModule, stockModule } from './stock.js';
import { isLoaded, type LoadTools, poll, type Swap, swapDrivers, takeBack } from './swap.js';

export interface LoadRequest {
  /** Interfaces to load for; none means every driver of the build folder that has interfaces. */
  readonly interfaces: readonly string[];
  readonly build: string;
  /** Seconds; undefined for no confirmation. */
  readonly confirmWithin?: number;
  readonly dryRun: boolean;
}

const LOCK = path.join(STATE_FOLDER, 'lock');
const CONFIRMED = path.join(STATE_FOLDER, 'confirmed');

/**
 * Loads the patched drivers of a build folder in place of the stock ones. Resolves to the swaps made (or planned).
 *
 * @throws NetmapError `not-root`, `no-build-folder`, `module-unreadable`, `wrong-kernel`, `unsigned`,
 *   `no-driver-for`, `other-core` before anything is touched; `load-failed` when the former state is back;
 *   `not-confirmed` likewise; `rollback-failed`
 */
export async function load(request: LoadRequest, tools: LoadTools): Promise<readonly Swap[]> {
  const swaps = await planLoad(request, tools);
  if (request.dryRun) return swaps;
  requireRoot('load');
  await withLock(LOCK, async () => {
    const done: Swap[] = [];
    const saved = await readState(tools.files);
    const token = `${process.pid}-${Date.now()}`;
    await writeState(
      {
        interfaces: [
          ...(saved?.interfaces ?? []).filter(({ module }) => !swaps.some(({ former }) => former === module)),
          ...swaps.flatMap((swap) => [...swap.interfaces]),
        ],
        loaded: {
          ...saved?.loaded,
          ...Object.fromEntries(swaps.map((swap) => [swap.to.name, swap.to.file])),
        },
        ...(request.confirmWithin === undefined ? {} : { pending: token }),
      },
      tools.files,
    );
    try {
      for (const swap of swaps) {
        await swapDrivers(swap, tools);
        done.push(swap);
        await verify(swap, tools.files);
      }
      if (request.confirmWithin !== undefined) await awaitConfirmation(token, request.confirmWithin, tools);
    } catch (error) {
      for (const swap of done.reverse()) await takeBack(swap, tools);
      await removeCore(swaps, tools);
      throw error;
    }
  });
  return swaps;
}

async function removeCore(swaps: readonly Swap[], tools: LoadTools): Promise<void> {
  if (!swaps.some(({ core }) => core !== undefined) || !(await isLoaded('netmap', tools.files))) return;
  await tools.runner.run({ file: 'rmmod', args: ['netmap'], allowFailure: true });
}

async function verify({ to, interfaces }: Swap, files: Files): Promise<void> {
  if (!(await files.exists(`/sys/module/netmap/holders/${to.name}`))) {
    throw failed(`${to.file} does not use netmap`);
  }
  if ((await isFrom(to.name, to.file)) === false) throw failed(`the loaded ${to.name} is not ${to.file}`);
  for (const { name } of interfaces) {
    if ((await moduleOf(name)) !== to.name) throw failed(`${name} is not driven by ${to.name}`);
  }
}

function failed(what: string): NetmapError {
  return new NetmapError({ code: 'load-unverified', what, mend: 'look at dmesg' });
}

async function awaitConfirmation(token: string, seconds: number, tools: LoadTools): Promise<void> {
  tools.say(`waiting ${seconds} s for: netmap-configure load --confirm`);
  const confirmed = async () => (await tools.files.read(CONFIRMED))?.trim() === token;
  if (await poll(confirmed, seconds)) {
    tools.say('confirmed');
    await tools.files.remove(CONFIRMED);
    return;
  }
  throw new NetmapError({
    code: 'not-confirmed',
    what: `nobody confirmed within ${seconds} s; the former driver is back`,
    why: 'the connection may not have survived the change of drivers',
    mend: 'run again, and confirm from a second terminal: netmap-configure load --confirm',
  });
}

/** @throws NetmapError `nothing-to-confirm` */
export async function confirmLoad(files: Files): Promise<void> {
  const state = await readState(files);
  if (state?.pending === undefined) {
    throw new NetmapError({ code: 'nothing-to-confirm', what: 'no load waits for a confirmation' });
  }
  await files.write(CONFIRMED, state.pending);
}

async function planLoad(request: LoadRequest, tools: LoadTools): Promise<Swap[]> {
  const { files } = tools;
  const built = await readBuildFolder(request.build, files);
  if (built.core.name !== 'netmap') throw otherName(built.core.name);
  const core = await coreToLoad(built.core, files);
  const saved = await readState(files);
  const chosen = await chooseDrivers(request, built.drivers, saved, files);
  const swaps: Swap[] = [];
  for (const { stock, file } of chosen) {
    const module = await readModule(file);
    await checkLoadable(module, files);
    const now: InterfaceState[] = [];
    for (const one of await interfacesOf(stock, files))
      now.push(await readInterface(one, tools.runner, files));
    const interfaces = withSaved(now, saved, stock);
    const loaded = await isLoaded(stock, files);
    const former = loaded || interfaces.length > 0;
    const original = former ? await formerModule(stock, saved?.loaded[stock], files) : undefined;
    swaps.push({
      former: stock,
      ...(loaded ? { from: stock } : {}),
      to: { file, name: module.name, depends: module.depends.filter((name) => name !== built.core.name) },
      ...(swaps.length === 0 && core !== undefined ? { core } : {}),
      ...(original === undefined ? {} : { back: original }),
      interfaces,
    });
  }
  return swaps;
}

function otherName(name: string): NetmapError {
  return new NetmapError({
    code: 'other-name',
    what: `load does not know a core module called ${name}`,
    why: 'the build folder was configured with --mod-name; load, unload and status look for netmap',
    mend: 'configure without --mod-name, or load the modules by hand with insmod',
  });
}

/** The file behind a loaded module: what `load` recorded when that is loaded, else the distribution's. */
async function formerModule(name: string, recorded: string | undefined, files: Files): Promise<StockModule> {
  if (recorded !== undefined && (await isFrom(name, recorded)) === true)
    return { file: recorded, depends: [] };
  const stock = await stockModule(name, os.release(), files);
  if (stock !== undefined) return stock;
  throw new NetmapError({
    code: 'no-way-back',
    what: `the module file of the loaded driver ${name} is not to be found`,
    why: `modules.dep of ${os.release()} has no ${name}: a failed load could not be undone`,
    mend: 'run depmod, or install the kernel package again',
  });
}

async function chooseDrivers<T extends { readonly stock: string }>(
  request: LoadRequest,
  drivers: readonly T[],
  saved: Awaited<ReturnType<typeof readState>>,
  files: Files,
): Promise<T[]> {
  if (request.interfaces.length === 0) {
    const used: T[] = [];
    // An interrupted run may have left a driver's interfaces without any driver.
    for (const one of drivers) {
      const left = withSaved([], saved, one.stock).length > 0;
      if (left || (await interfacesOf(one.stock, files)).length > 0) used.push(one);
    }
    return used;
  }
  const chosen = new Set<T>();
  for (const name of request.interfaces) {
    const left = saved?.interfaces.find((state) => state.name === name)?.module;
    const module = (await moduleOf(name)) ?? left;
    const found = drivers.find(({ stock }) => stock === module);
    if (found === undefined) throw noDriverFor(name, module, drivers);
    chosen.add(found);
  }
  return [...chosen];
}

function noDriverFor(
  name: string,
  module: string | undefined,
  drivers: readonly { readonly stock: string }[],
): NetmapError {
  return new NetmapError({
    code: 'no-driver-for',
    what: `there is no patched driver for ${name} in this build folder`,
    why:
      module === undefined
        ? `${name} does not exist, or no module drives it`
        : `it is driven by ${module}; the build folder has ${drivers.map(({ stock }) => stock).join(', ') || 'none'}`,
    mend: 'insmod netmap.ko alone serves every interface through the emulated adapter',
    exitCode: 2,
  });
}

async function coreToLoad(core: { name: string; file: string }, files: Files): Promise<string | undefined> {
  const module = await readModule(core.file);
  await checkLoadable(module, files);
  if (!(await isLoaded(core.name, files))) return core.file;
  if ((await isFrom(core.name, core.file)) !== false) return undefined;
  throw new NetmapError({
    code: 'other-core',
    what: `another ${core.name}.ko is loaded`,
    why: `its build ID is not that of ${core.file}`,
    mend: 'netmap-configure unload, then load again',
  });
}

/** @throws NetmapError `wrong-kernel`, `unsigned` */
async function checkLoadable(module: ModuleFacts, files: Files): Promise<void> {
  const [release] = module.vermagic.split(' ');
  if (release !== os.release()) {
    throw new NetmapError({
      code: 'wrong-kernel',
      what: `${module.file} is for Linux ${release}`,
      why: `this machine runs ${os.release()}`,
      mend: `configure and make for the running kernel: netmap-configure --kernel-version=${os.release()}`,
    });
  }
  const enforced = (await files.read('/sys/module/module/parameters/sig_enforce'))?.trim() === 'Y';
  if (!enforced || module.signed) return;
  throw new NetmapError({
    code: 'unsigned',
    what: `${module.file} is not signed`,
    why: 'this kernel refuses unsigned modules (Secure Boot, or module.sig_enforce)',
    mend: 'sign it with a key that the machine trusts: netmap-configure sign',
  });
}

export function requireRoot(verb: string): void {
  if (process.getuid?.() === 0) return;
  throw new NetmapError({
    code: 'not-root',
    what: `${verb} needs root`,
    why: 'it loads and unloads kernel modules',
    mend: `sudo netmap-configure ${verb}`,
  });
}

/** Brings the stock drivers back, then removes the core. Resolves to the drivers that were swapped. */
export async function unload(tools: LoadTools): Promise<string[]> {
  requireRoot('unload');
  return withLock(LOCK, async () => {
    const { files } = tools;
    const saved = await readState(files);
    const holders = await files.list('/sys/module/netmap/holders');
    // A killed run may have left neither driver: what it recorded tells which one is missing.
    const missing = Object.keys(saved?.loaded ?? {}).filter((name) => !holders.includes(name));
    for (const name of holders) await swapDrivers(await planUnload(name, saved, tools), tools);
    for (const name of missing) {
      if (!(await isLoaded(name, files))) await bringStock(name, saved, tools);
    }
    if (await isLoaded('netmap', files)) {
      await tools.runner.run({
        file: 'rmmod',
        args: ['netmap'],
        failure: {
          code: 'core-in-use',
          what: 'netmap.ko is still in use',
          mend: 'end the programs that netmap-configure status names, then unload again',
        },
      });
    }
    await files.remove(path.join(STATE_FOLDER, 'swap.json'));
    return [...holders, ...missing];
  });
}

async function planUnload(
  name: string,
  saved: Awaited<ReturnType<typeof readState>>,
  tools: LoadTools,
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
  tools: LoadTools,
): Promise<void> {
  const stock = await stockModule(name, os.release(), tools.files);
  if (stock !== undefined)
    await swapDrivers(
      { former: name, to: { ...stock, name }, interfaces: withSaved([], saved, name) },
      tools,
    );
}
