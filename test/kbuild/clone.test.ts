/*
 * What npm makes of a clone, and of the address of a repository: programs that run. Packages come from npm, as they do
 * for a user.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { cloneInto, git } from '../support/repository.js';
import { makeTree } from '../support/tree.js';
import { run } from './fixture.js';

const NPM = ['--prefer-offline', '--no-audit', '--no-fund'];

function repository(t: TestContext): string {
  const root = makeTree(t, {});
  cloneInto(root);
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
  assert.equal(git(clone, 'status', '--porcelain'), '', 'git sees nothing new');
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
