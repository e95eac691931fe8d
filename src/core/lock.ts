import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NetmapError } from './errors.js';
import { alive, removeLeftovers } from './leftovers.js';

const POLL_MS = 200;
let serial = 0;

function unique(file: string): string {
  serial += 1;
  return `${file}.${process.pid}.${serial}`;
}

async function tryAcquire(file: string): Promise<boolean> {
  const own = unique(file);
  await writeFile(own, String(process.pid));
  try {
    // link(2) makes the lock appear with its content: no process reads a half-written owner.
    await link(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/** Removes the lock of a dead process; puts back a lock that another process took in the meantime. */
async function breakStale(file: string): Promise<void> {
  const owner = await readFile(file, 'utf8').catch(() => undefined);
  if (owner === undefined || alive(Number(owner))) return;
  const aside = unique(file);
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8')) !== owner) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

/**
 * Runs `work` while holding the lock `file` (its directory is made), so that two processes never build the same
 * cache entry. A lock whose owner died is taken over.
 *
 * @throws NetmapError `interrupted` when `signal` aborts the wait.
 */
export async function withLock<T>(file: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  await mkdir(path.dirname(file), { recursive: true });
  await removeLeftovers(path.dirname(file), path.basename(file));
  while (!(await tryAcquire(file))) {
    if (signal?.aborted) throw new NetmapError({ code: 'interrupted', what: 'interrupted', exitCode: 130 });
    await breakStale(file);
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}
