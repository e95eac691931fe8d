import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';

/** Gives `work` a folder of its own that only this user can read, and removes it afterwards. */
export async function withFolder<T>(below: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(below, '.netmap-sign-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
