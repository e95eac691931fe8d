import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

/** Is there a process of this number? */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** `<name>.<pid>.<8 hex>.tmp` of files.ts, `<name>.<pid>.<n>` of lock.ts. */
const TEMPORARY = /^(.+)\.(\d+)\.(?:[0-9a-f]{8}\.tmp|\d{1,4})$/;

/**
 * Removes what killed runs left in a directory: temporary files of processes that are gone. `name`: only those that
 * stand for this file. A directory that is not there, or not ours to change, is left alone.
 */
export async function removeLeftovers(directory: string, name?: string): Promise<void> {
  for (const entry of await readdir(directory).catch(() => [])) {
    const [, base, pid] = TEMPORARY.exec(entry) ?? [];
    if (base === undefined || (name !== undefined && base !== name) || alive(Number(pid))) continue;
    if (name === undefined && !entry.endsWith('.tmp')) continue;
    await rm(path.join(directory, entry), { recursive: true, force: true }).catch(() => undefined);
  }
}
