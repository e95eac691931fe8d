import path from 'node:path';
import { z } from 'zod';
import type { Files } from '../../core/files.js';
import { type InterfaceState, interfaceSchema } from './interfaces.js';

/** Lives until the next boot, as loaded modules do. */
export const STATE_FOLDER = '/run/netmap-configure';
const FILE = path.join(STATE_FOLDER, 'swap.json');

const schema = z.strictObject({
  /** Interfaces as they were before anything was touched: what a killed run left can be restored from it. */
  interfaces: z.array(interfaceSchema),
  /** Stock module name -> module file that was loaded in its place. */
  loaded: z.record(z.string(), z.string()),
  /** Name of the core module, when it is not netmap. */
  core: z.string().optional(),
  /** Token of the run that waits for a confirmation. */
  pending: z.string().optional(),
});
export type SwapState = z.infer<typeof schema>;

/** A state that cannot be read counts as none: it only helps. */
export async function readState(files: Files): Promise<SwapState | undefined> {
  const text = await files.read(FILE);
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Name of the core module that `load` loaded last. */
export async function loadedCore(files: Files): Promise<string> {
  return (await readState(files))?.core ?? 'netmap';
}

export async function writeState(state: SwapState, files: Files): Promise<void> {
  await files.write(FILE, `${JSON.stringify(state, null, 2)}\n`, 0o600);
}

/**
 * The states to restore: those of now, and those that an interrupted run saved: of interfaces that are bare now, and of
 * those of `module` that are gone.
 */
export function withSaved(
  now: readonly InterfaceState[],
  saved: Pick<SwapState, 'interfaces'> | undefined,
  module: string,
): InterfaceState[] {
  const old = saved?.interfaces.filter((state) => state.module === module) ?? [];
  const gone = old.filter(({ device }) => !now.some((state) => state.device === device));
  const present = now.map((state) => {
    const before = old.find(({ device }) => device === state.device);
    // An interface that has just appeared is down and bare: the interrupted run did not get to its addresses.
    return before !== undefined && !state.up && state.addresses.length === 0 ? before : state;
  });
  return [...present, ...gone];
}
