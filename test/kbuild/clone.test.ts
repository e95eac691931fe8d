/*
 * What npm makes of a clone, and of the address of a repository: programs that run. Packages come from npm, as they do
 * for a user.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { makeTree } from '../support/tree.js';
import { run } from './fixture.js';

const NPM = ['--prefer-offline', '--no-audit', '--no-fund'];

/** A repository of this tree as it is now: changes that are not committed yet count too. */
function repository(t: TestContext): string {
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: packageRoot,
    encoding: 'utf8',
  });
  assert.equal(listed.status, 0, listed.stderr);
  const root = makeTree(t, {});
  for (const file of listed.stdout.split('\0').filter((name) => name !== '')) {
    const from = path.join(packageRoot, file);
    if (existsSync(from)) cpSync(from, path.join(root, file), { verbatimSymlinks: true });
  }
  const author = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
  for (const args of [
    ['init', '-q'],
    ['add', '-A'],
    [...author, 'commit', '-q', '-m', 'tree'],
  ]) {
    const { status, output } = run(root, 'git', args);
    assert.equal(status, 0, output);
  }
  return root;
}

function works(folder: string): void {
  for (const program of ['netmap-configure', 'netmap-port-driver']) {
    const { status, output } = run(folder, 'npx', [program, '--help']);
    assert.equal(status, 0, output);
    assert.match(output, new RegExp(`^Usage: ${program}`, 'm'));
  }
}

test('npm ci in a clone gives both programs', (t) => {
  const clone = repository(t);
  const { status, output } = run(clone, 'npm', ['ci', ...NPM]);
  assert.equal(status, 0, output);
  works(clone);
  assert.equal(run(clone, 'git', ['status', '--porcelain']).output, '', 'git sees nothing new');
  // npm test and npm start compile no second time.
  assert.equal(run(clone, process.execPath, ['bin/bootstrap.js', 'build']).output, '');
});

test('npm install of the address of a repository gives both programs', (t) => {
  const clone = repository(t);
  const folder = makeTree(t, { 'package.json': '{}' });
  const { status, output } = run(folder, 'npm', ['install', ...NPM, `git+file://${clone}`]);
  assert.equal(status, 0, output);
  works(folder);
  const installed = path.join(folder, 'node_modules/netmap-configure');
  assert.ok(existsSync(path.join(installed, 'kernel')), 'what is built from comes along');
  assert.ok(!existsSync(path.join(installed, 'dist/test')), 'tests do not');
});
