import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/core/paths.js';

const run = promisify(execFile);
const folder = path.join(packageRoot, 'test/porting/fixtures/mini-r8169');

/** A driver of our own with r8169's outline, which runs in user space. */
export const toySource = readFileSync(path.join(folder, 'r8169_main.c'), 'utf8');

export interface ToyRun {
  readonly state: 'ok' | 'failed' | 'does-not-compile';
  /** Events of the stock driver, then `ok` or the reason. */
  readonly output: string;
}

/** Compiles the toy driver with its harness and runs it. */
export async function runToy(text: string, ported: boolean): Promise<ToyRun> {
  const work = await mkdtemp(path.join(os.tmpdir(), 'netmap-toy-'));
  try {
    const driver = path.join(work, 'r8169_main.c');
    const program = path.join(work, 'toy');
    await writeFile(driver, text);
    const flags = [
      '-w',
      '-std=gnu11',
      '-O0',
      `-I${folder}`,
      `-DDRIVER="${driver}"`,
      ...(ported ? ['-DCONFIG_NETMAP'] : []),
    ];
    try {
      await run('gcc', [...flags, path.join(folder, 'harness.c'), '-o', program]);
    } catch (error) {
      return { state: 'does-not-compile', output: String((error as { stderr?: string }).stderr) };
    }
    try {
      // A mutant may loop for ever, and an intact driver may wait for a busy machine: the time that counts is its own.
      const limited = ['-c', 'ulimit -t 2; exec "$0"', program];
      const { stdout } = await run('sh', limited, { timeout: 120_000, maxBuffer: 1 << 20 });
      return { state: stdout.endsWith('\nok\n') ? 'ok' : 'failed', output: stdout };
    } catch (error) {
      return { state: 'failed', output: String((error as { stdout?: string }).stdout) };
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
