import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defined } from '../../core/defined.js';
import { NetmapError, toProblem } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import type { Tools } from '../../core/tools.js';
import { type InterfaceState, interfacesOf, restoreCommands } from './interfaces.js';

/** Which driver module takes the place of which; both have the same interfaces. */
export interface Swap {
  /** Name of the module that these interfaces had. */
  readonly former: string;
  /** Module that is loaded now (name as in /proc/modules); undefined when none is. */
  readonly from?: string;
  /** Module to load, its name, and modules that it needs, the netmap core apart. */
  readonly to: { readonly file: string; readonly name: string; readonly depends: readonly string[] };
  /** The core, when it is to be loaded first: its name, which --mod-name chooses, and its file. */
  readonly core?: { readonly name: string; readonly file: string };
  /** Module file that brings the former driver back. */
  readonly back?: { readonly file: string; readonly depends: readonly string[] };
  readonly interfaces: readonly InterfaceState[];
}

const APPEAR_SECONDS = 10;
const CARRIER_SECONDS = 12;
const POLL_MS = 100;

/**
 * Swaps driver modules under interfaces and gives them their addresses back. Whatever fails, the former driver is
 * loaded again and its interfaces restored before the error is thrown.
 *
 * @throws NetmapError `load-failed`: the former state is back; `rollback-failed`: it could not be brought back
 */
export async function swapDrivers(swap: Swap, tools: Tools): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  try {
    const { core } = swap;
    if (core !== undefined) {
      await insert(core.file, [], tools);
      undo.push(() => remove(core.name, tools));
    }
    await probe(swap.to.depends, tools);
    // From here on the interfaces are gone or without addresses: undoing begins with the former driver.
    undo.push(() => bringBack(swap, tools));
    if (swap.from !== undefined) await remove(swap.from, tools);
    undo.push(() => removeIfLoaded(swap.to.name, tools));
    await insert(swap.to.file, [], tools);
    await restore(swap.interfaces, swap.to.name, tools);
    undo.length = 0;
  } catch (error) {
    await rollBack(undo.reverse(), error, tools);
  }
}

/** Undoes everything that can be undone, and tells what could not. Always throws. */
async function rollBack(
  undo: readonly (() => Promise<void>)[],
  cause: unknown,
  tools: Tools,
): Promise<never> {
  const problem = toProblem(cause);
  tools.progress?.(`failed: ${problem.what}; going back to the former driver`);
  const failed: string[] = [];
  for (const step of undo) {
    await step().catch((error: unknown) => failed.push(toProblem(error).why ?? toProblem(error).what));
  }
  if (failed.length > 0) {
    throw new NetmapError({
      code: 'rollback-failed',
      what: `${problem.what}, and not everything could be undone`,
      why: [problem.why ?? '', ...failed].filter((line) => line !== '').join('\n'),
      mend: 'look at dmesg, then: netmap-configure unload, or reboot',
    });
  }
  throw new NetmapError({
    code: 'load-failed',
    what: `${problem.what}; the former driver is back`,
    ...(problem.why === undefined ? {} : { why: problem.why }),
    mend: 'look at dmesg for what the kernel says about it',
  });
}

/** Takes a finished swap back. @throws NetmapError as `swapDrivers` */
export async function takeBack(swap: Swap, tools: Tools): Promise<void> {
  const { back, former, to, interfaces } = swap;
  if (back === undefined) return removeIfLoaded(to.name, tools);
  await swapDrivers(
    {
      former: to.name,
      from: to.name,
      to: { ...back, name: former },
      back: { file: to.file, depends: to.depends },
      interfaces,
    },
    tools,
  );
}

async function bringBack(swap: Swap, tools: Tools): Promise<void> {
  if (swap.back === undefined) return;
  if (!(await isLoaded(swap.former, tools.files))) {
    await probe(swap.back.depends, tools);
    await insert(swap.back.file, [], tools);
  }
  await restore(swap.interfaces, swap.former, tools);
}

/** Waits for every interface, gives it its name, addresses and routes, and waits for its link if it had one. */
async function restore(interfaces: readonly InterfaceState[], driver: string, tools: Tools): Promise<void> {
  for (const state of interfaces) {
    const now = await appeared(state, driver, tools.files);
    for (const command of restoreCommands(state, now)) await run(command, tools);
  }
  const waiting = interfaces.filter(({ up, carrier }) => up && carrier);
  for (const { name } of waiting) {
    const file = `/sys/class/net/${name}/carrier`;
    const up = async () => (await tools.files.read(file).catch(() => ''))?.trim() === '1';
    if (!(await poll(up, CARRIER_SECONDS))) throw failure(`${name} has no link after ${CARRIER_SECONDS} s`);
  }
}

async function appeared({ device, name }: InterfaceState, driver: string, files: Files): Promise<string> {
  let now: string | undefined;
  await poll(async () => {
    now = (await interfacesOf(driver, files)).find((one) => one.device === device)?.name;
    return now !== undefined;
  }, APPEAR_SECONDS);
  if (now === undefined) throw failure(`${driver} made no interface for ${device} (was ${name})`);
  return now;
}

export async function poll(condition: () => Promise<boolean>, seconds: number): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() >= deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function failure(what: string): NetmapError {
  return new NetmapError({ code: 'load-step-failed', what });
}

export async function isLoaded(module: string, files: Files): Promise<boolean> {
  return files.exists(path.join('/sys/module', module, 'refcnt'));
}

async function insert(file: string, args: readonly string[], tools: Tools): Promise<void> {
  await run(['insmod', file, ...args], tools);
}

async function remove(module: string, tools: Tools): Promise<void> {
  await run(['rmmod', module], tools);
}

async function removeIfLoaded(module: string, tools: Tools): Promise<void> {
  if (await isLoaded(module, tools.files)) await remove(module, tools);
}

async function probe(modules: readonly string[], tools: Tools): Promise<void> {
  for (const module of modules) {
    if (!(await isLoaded(module, tools.files))) await run(['modprobe', module], tools);
  }
}

async function run(command: readonly string[], { runner, progress }: Tools): Promise<void> {
  const [file, ...args] = command;
  progress?.(command.join(' '));
  await runner.run({
    file: defined(file),
    args,
    failure: { code: 'load-step-failed', what: `${command.join(' ')} failed` },
  });
}
