import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { realFiles } from '../../src/core/files.js';
import { removeLeftovers } from '../../src/core/leftovers.js';
import { withLock } from '../../src/core/lock.js';
import { makeTree } from '../support/tree.js';

/** The number of a process that is gone. */
const gone = spawnSync('true').pid;
const tmp = (name: string, pid: number) => `${name}.${pid}.0123abcd.tmp`;

test('whoever writes a file next removes what killed runs left of it, and nothing else', async (t) => {
  const others = [tmp('state.json', process.pid), tmp('other.json', gone), 'notes.tmp'];
  const root = makeTree(
    t,
    Object.fromEntries([tmp('state.json', gone), ...others].map((name) => [name, ''])),
  );
  await realFiles.write(path.join(root, 'state.json'), 'x');
  assert.deepEqual(readdirSync(root).sort(), [...others, 'state.json'].sort());
  await removeLeftovers(root);
  assert.deepEqual(
    readdirSync(root).sort(),
    [tmp('state.json', process.pid), 'notes.tmp', 'state.json'].sort(),
  );
  await removeLeftovers(path.join(root, 'absent'));
});

test('a lock clears up after those who died waiting for it', async (t) => {
  const root = makeTree(t, { [`lock.${gone}.1`]: String(gone), lock: String(gone) });
  await withLock(path.join(root, 'lock'), async () => assert.deepEqual(readdirSync(root), ['lock']));
  assert.deepEqual(readdirSync(root), []);
});
