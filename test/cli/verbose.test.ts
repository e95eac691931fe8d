import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { makeTree } from '../support/tree.js';

test('a defect of the tool: one line without, the stack with --verbose', (t) => {
  const pkg = makeTree(t, {});
  for (const part of ['bin', 'package.json', 'drivers'])
    cpSync(path.join(packageRoot, part), path.join(pkg, part), { recursive: true });
  for (const folder of ['dist', 'kernel']) mkdirSync(path.join(pkg, folder));
  cpSync(path.join(packageRoot, 'dist/src'), path.join(pkg, 'dist/src'), { recursive: true });
  symlinkSync(path.join(packageRoot, 'node_modules'), path.join(pkg, 'node_modules'));
  writeFileSync(
    path.join(pkg, 'dist/src/facts/drivers/universe.js'),
    "export async function loadUniverse() { throw new TypeError('a defect'); }\n",
  );
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [path.join(pkg, 'bin/netmap-configure.js'), ...args], {
      cwd: pkg,
      encoding: 'utf8',
    });
  const plain = run();
  assert.equal(plain.status, 1, plain.stderr);
  assert.match(plain.stderr, /a defect/);
  assert.doesNotMatch(plain.stderr, /universe\.js/);
  assert.match(run('--verbose').stderr, /TypeError: a defect\n\s+at .*universe\.js/);
});
