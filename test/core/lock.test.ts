import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../src/core/lock.js';

async function inTemporary(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'lock-test-'));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

test('two holders never overlap, and nothing is left behind', () =>
  inTemporary(async (directory) => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(20);
      inside -= 1;
    };
    const file = path.join(directory, 'deep', 'x.lock');
    await Promise.all([withLock(file, work), withLock(file, work), withLock(file, work)]);
    assert.equal(most, 1);
    assert.deepEqual(await readdir(path.dirname(file)), []);
  }));

test('the lock of a dead process is taken over; a failure gives it back', () =>
  inTemporary(async (directory) => {
    const file = path.join(directory, 'x.lock');
    const dead = spawnSync('true').pid;
    await writeFile(file, String(dead));
    assert.equal(await withLock(file, async () => 'done'), 'done');
    await assert.rejects(
      withLock(file, () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.deepEqual(await readdir(directory), []);
  }));

test('waiting for a lock can be interrupted', () =>
  inTemporary(async (directory) => {
    const file = path.join(directory, 'x.lock');
    await writeFile(file, String(process.pid));
    const interrupt = new AbortController();
    const waiting = withLock(file, async () => undefined, interrupt.signal);
    interrupt.abort();
    await assert.rejects(waiting, /interrupted/);
  }));
