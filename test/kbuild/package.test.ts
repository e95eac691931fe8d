import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { makeTree } from '../support/tree.js';
import { kernel, run } from './fixture.js';

test('the packed tarball works with npx from an empty folder, and its make needs no Node.js', async (t) => {
  const { buildDir, sourceDir } = await kernel('6.12');
  const root = makeTree(t, { 'prefix/package.json': '{}' });
  const pack = run(packageRoot, 'npm', ['pack', '--silent', '--pack-destination', root]);
  assert.equal(pack.status, 0, pack.output);
  const tarball = readdirSync(root).find((name) => name.endsWith('.tgz')) as string;
  const prefix = path.join(root, 'prefix');
  const install = run(prefix, 'npm', [
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    path.join(root, tarball),
  ]);
  assert.equal(install.status, 0, install.output);

  const build = path.join(root, 'build');
  mkdirSync(build);
  const args = [
    `--kernel-dir=${buildDir}`,
    `--kernel-sources=${sourceDir}`,
    '--no-ext-drivers',
    '--drivers=realtek',
  ];
  const configure = run(build, 'npx', ['--no', '--prefix', prefix, 'netmap-configure', ...args]);
  assert.equal(configure.status, 0, configure.output);
  assert.match(configure.output, /^native drivers {14}realtek $/m);

  const make = run(build, '/usr/bin/make', [], { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', NODE: '' });
  assert.equal(make.status, 0, make.output);
  for (const product of ['netmap.ko', 'realtek/r8169.ko', 'build-apps/pkt-gen/pkt-gen']) {
    assert.ok(existsSync(path.join(build, product)), product);
  }
});
