import os from 'node:os';
import path from 'node:path';
import { NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import { withLock } from '../../core/lock.js';
import type { Tools } from '../../core/tools.js';
import { type BuiltModules, readBuildFolder } from './build-folder.js';
import { type InterfaceState, interfacesOf, moduleOf, readInterface } from './interfaces.js';
import { isFrom, type ModuleFacts, readModule } from './module-file.js';
import { loadedCore, readState, STATE_FOLDER, withSaved, writeState } from './state.js';
import { type StockModule, stockModule } from './stock.js';
import { isLoaded, poll, type Swap, swapDrivers, takeBack } from './swap.js';

export interface LoadRequest {
  /** Interfaces to load for; none means every driver of the build folder that has interfaces. */
  readonly interfaces: readonly string[];
  readonly build: string;
  /** Seconds; undefined for no confirmation. */
  readonly confirmWithin?: number;
  readonly dryRun: boolean;
}

/** Held while drivers are swapped. */
export const LOCK = path.join(STATE_FOLDER, 'lock');
const CONFIRMED = path.join(STATE_FOLDER, 'confirmed');

/**
 * Loads the patched drivers of a build folder in place of the stock ones. Resolves to the swaps made (or planned).
 *
 * @throws NetmapError `not-root`, `no-build-folder`, `module-unreadable`, `wrong-kernel`, `unsigned`,
 *   `no-driver-for`, `other-core` before anything is touched; `load-failed` when the former state is back;
 *   `not-confirmed` likewise; `rollback-failed`
 */
export async function load(request: LoadRequest, tools: Tools): Promise<readonly Swap[]> {
  const built = await readBuildFolder(request.build, tools.files);
  const swaps = await planLoad(request, built, tools);
  if (request.dryRun) return swaps;
  requireRoot('load');
  await withLock(LOCK, async () => {
    const done: Swap[] = [];
    const saved = await readState(tools.files);
    const core = built.core.name;
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
        ...(core === 'netmap' ? {} : { core }),
        ...(request.confirmWithin === undefined ? {} : { pending: token }),
      },
      tools.files,
    );
    try {
      for (const swap of swaps) {
        await swapDrivers(swap, tools);
        done.push(swap);
        await verify(swap, core, tools.files);
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

async function removeCore(swaps: readonly Swap[], tools: Tools): Promise<void> {
  for (const { core } of swaps) {
    if (core === undefined || !(await isLoaded(core.name, tools.files))) continue;
    await tools.runner.run({ file: 'rmmod', args: [core.name], allowFailure: true });
  }
}

async function verify({ to, interfaces }: Swap, core: string, files: Files): Promise<void> {
  if (!(await files.exists(`/sys/module/${core}/holders/${to.name}`))) {
    throw failed(`${to.file} does not use ${core}`);
  }
  if ((await isFrom(to.name, to.file, files)) === false)
    throw failed(`the loaded ${to.name} is not ${to.file}`);
  for (const { name } of interfaces) {
    if ((await moduleOf(name, files)) !== to.name) throw failed(`${name} is not driven by ${to.name}`);
  }
}

function failed(what: string): NetmapError {
  return new NetmapError({ code: 'load-unverified', what, mend: 'look at dmesg' });
}

async function awaitConfirmation(token: string, seconds: number, tools: Tools): Promise<void> {
  tools.progress?.(`waiting ${seconds} s for: netmap-configure load --confirm`);
  const confirmed = async () => (await tools.files.read(CONFIRMED))?.trim() === token;
  if (await poll(confirmed, seconds)) {
    tools.progress?.('confirmed');
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

async function planLoad(request: LoadRequest, built: BuiltModules, tools: Tools): Promise<Swap[]> {
  const { files } = tools;
  const core = await coreToLoad(built.core, files);
  const saved = await readState(files);
  const chosen = await chooseDrivers(request, built.drivers, saved, files);
  const swaps: Swap[] = [];
  for (const { stock, file } of chosen) {
    const module = await readModule(file, files);
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

/** The file behind a loaded module: what `load` recorded when that is loaded, else the distribution's. */
async function formerModule(name: string, recorded: string | undefined, files: Files): Promise<StockModule> {
  if (recorded !== undefined && (await isFrom(name, recorded, files)) === true)
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
    const module = (await moduleOf(name, files)) ?? left;
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

async function coreToLoad(
  core: BuiltModules['core'],
  files: Files,
): Promise<BuiltModules['core'] | undefined> {
  await refuseOtherCore(core.name, files);
  const module = await readModule(core.file, files);
  await checkLoadable(module, files);
  if (!(await isLoaded(core.name, files))) return core;
  if ((await isFrom(core.name, core.file, files)) !== false) return undefined;
  throw new NetmapError({
    code: 'other-core',
    what: `another ${core.name}.ko is loaded`,
    why: `its build ID is not that of ${core.file}`,
    mend: 'netmap-configure unload, then load again',
  });
}

/** Two cores, whatever their names, would want the same /dev/netmap. @throws NetmapError `other-core` */
async function refuseOtherCore(name: string, files: Files): Promise<void> {
  for (const other of new Set(['netmap', await loadedCore(files)])) {
    if (other === name || !(await isLoaded(other, files))) continue;
    throw new NetmapError({
      code: 'other-core',
      what: `another core module is loaded: ${other}`,
      why: `the build folder has ${name}, and both make /dev/netmap`,
      mend: 'netmap-configure unload, then load again',
    });
  }
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
