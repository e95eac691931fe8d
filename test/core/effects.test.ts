import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { NetmapError } from '../../src/core/errors.js';
import { realFiles, withFolder } from '../../src/core/files.js';
import { inRepository } from '../../src/core/git.js';
import { createRunner } from '../../src/core/runner.js';
import { makeTree } from '../support/tree.js';

const use = { author: 'tester', mend: 'choose another folder' };

/** Sets variables of this process for one test. */
function withEnv(t: TestContext, variables: Readonly<Record<string, string>>): void {
  const before = { ...process.env };
  t.after(() => {
    for (const name of Object.keys(variables)) delete process.env[name];
    Object.assign(process.env, before);
  });
  Object.assign(process.env, variables);
}

test('output of a program can be bytes, and so can its input', async () => {
  const bytes = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256));
  const { stdout } = await createRunner().run({ file: 'cat', args: [], input: bytes, encoding: 'latin1' });
  assert.deepEqual(Buffer.from(stdout, 'latin1'), bytes);
});

test('a part of a file may reach beyond its end', async (t) => {
  const root = makeTree(t, { ten: '0123456789' });
  assert.equal((await realFiles.readPart(path.join(root, 'ten'), 0, 4)).toString(), '0123');
  assert.equal((await realFiles.readPart(path.join(root, 'ten'), 7, 40)).toString(), '789');
});

test("calls of Disk throw the system's own errors", async (t) => {
  const root = makeTree(t, { file: 'x' });
  await assert.rejects(realFiles.readBytes(path.join(root, 'gone')), { code: 'ENOENT' });
  await assert.rejects(realFiles.mkdir(path.join(root, 'a/b')), { code: 'ENOENT' });
  await assert.rejects(realFiles.rmdir(root), { code: 'ENOTEMPTY' });
  assert.equal(await realFiles.allows(path.join(root, 'file'), 'run'), false);
  assert.equal(await realFiles.allows(path.join(root, 'file'), 'write'), true);
});

test('a folder for one piece of work is gone after it, whatever happened', async (t) => {
  const root = makeTree(t, {});
  const failure = new Error('broke off');
  const work = withFolder(path.join(root, 'aside-'), realFiles, async (folder) => {
    await realFiles.put(path.join(folder, 'half'), 'x');
    assert.ok(existsSync(folder));
    throw failure;
  });
  await assert.rejects(work, failure);
  assert.deepEqual(readdirSync(root), []);
});

test("a repository does not heed the caller's configuration", async (t) => {
  const root = makeTree(t, {
    'home/.config/git/ignore': '*.c\n',
    'home/.gitconfig': '[user]\nname = somebody\n[commit]\ngpgsign = true\n',
    'work/driver.c': 'int x;\n',
  });
  const home = path.join(root, 'home');
  const elsewhere = path.join(root, 'elsewhere');
  mkdirSync(elsewhere);
  withEnv(t, { HOME: home, GIT_DIR: elsewhere, GIT_AUTHOR_NAME: 'somebody', EDITOR: 'false' });
  const log = await inRepository(path.join(root, 'work'), use, async (git) => {
    await git.init(['--initial-branch=port']);
    await git.add('--all');
    await git.commit('unchanged');
    assert.equal(await git.show('port:driver.c'), 'int x;\n');
    return git.raw('log', '--format=%an <%ae> %cn: %s');
  });
  assert.equal(log, 'tester <tester@localhost> tester: unchanged\n');
  assert.deepEqual(readdirSync(elsewhere), []);
});

test('git fails: what it says, and what to do', async () => {
  const work = inRepository(os.tmpdir(), use, (git) => git.show('nothing:here'));
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof NetmapError);
    assert.equal(error.code, 'git-failed');
    assert.match(error.problem.why ?? '', /not a git repository/);
    assert.equal(error.problem.mend, use.mend);
    return true;
  });
});

test('an aborted run does not begin with git', async (t) => {
  const root = makeTree(t, { file: '' });
  const signal = AbortSignal.abort();
  const work = inRepository(root, { ...use, signal }, (git) => git.init());
  await assert.rejects(work, { code: 'interrupted' });
  assert.deepEqual(readdirSync(root), ['file']);
});
