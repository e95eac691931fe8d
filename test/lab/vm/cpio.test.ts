import assert from 'node:assert/strict';
import { mkdtemp, readFile, readlink, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { type CpioEntry, cpioArchive, withParents } from '../../../src/lab/vm/cpio.js';

const entries: CpioEntry[] = [
  { path: '/init', kind: 'file', mode: 0o755, content: Buffer.from('#!/bin/sh\n') },
  { path: '/lib/a/odd', kind: 'file', mode: 0o640, content: Buffer.from('12345') },
  { path: '/lib/a/empty', kind: 'file', mode: 0o644, content: new Uint8Array() },
  { path: '/bin/sh', kind: 'symlink', target: 'busybox' },
];

test('every directory comes before what is in it, and the last entry of a path wins', () => {
  const paths = withParents([
    ...entries,
    { path: 'init', kind: 'file', mode: 0o700, content: new Uint8Array() },
  ]).map((entry) => entry.path);
  assert.deepEqual(paths, ['/bin', '/bin/sh', '/init', '/lib', '/lib/a', '/lib/a/empty', '/lib/a/odd']);
});

test('another reader of the format unpacks the same files, modes and links', async () => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'cpio-test-'));
  try {
    const archive = Buffer.concat([...cpioArchive(withParents(entries))]);
    await execa('/bin/busybox', ['cpio', '-i'], { cwd: directory, input: archive });
    assert.equal(await readFile(path.join(directory, 'lib/a/odd'), 'utf8'), '12345');
    assert.equal((await stat(path.join(directory, 'lib/a/odd'))).mode & 0o777, 0o640);
    assert.equal((await stat(path.join(directory, 'lib/a/empty'))).size, 0);
    assert.equal((await stat(path.join(directory, 'init'))).mode & 0o777, 0o755);
    assert.equal(await readlink(path.join(directory, 'bin/sh')), 'busybox');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('equal input gives equal bytes', () => {
  const once = Buffer.concat([...cpioArchive(withParents(entries))]);
  const again = Buffer.concat([...cpioArchive(withParents(entries.toReversed()))]);
  assert.ok(once.equals(again));
});
