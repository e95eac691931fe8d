import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { makeTree } from '../support/tree.js';
import { fixturePackage, fixtureSources, kernel, run } from './fixture.js';

/** Every file and link of the package, without what is the same in each. */
function contents(pkg: string): string {
  return run(pkg, 'find', ['.', '-path', './node_modules', '-prune', '-o', '-print']).output;
}

test('in the folder of the package: configure, make, an out-of-tree build beside it, distclean', async (t) => {
  const { buildDir, release } = await kernel('6.12');
  const pkg = fixturePackage(t);
  const sources = fixtureSources(t, release);
  const before = contents(pkg).split('\n').sort();
  const args = [`--kernel-dir=${buildDir}`, `--kernel-sources=${sources}`, '--drivers=realtek,veth.c'];
  const configure = run(pkg, './configure', args);
  assert.equal(configure.status, 0, configure.output);
  const make = run(pkg, 'make', []);
  assert.equal(make.status, 0, make.output);
  for (const module of ['netmap.ko', 'realtek/r8169.ko', 'veth.ko'])
    assert.ok(existsSync(path.join(pkg, module)), module);

  // What an in-tree build left behind is not in the way of another folder with other options.
  const build = makeTree(t, {});
  const other = run(build, path.join(pkg, 'configure'), [
    `--kernel-dir=${buildDir}`,
    '--no-drivers',
    '--enable-sink',
  ]);
  assert.equal(other.status, 0, other.output);
  const second = run(build, 'make', ['core', 'V=1']);
  assert.equal(second.status, 0, second.output);
  assert.ok(!second.output.includes(`-I${pkg} `), 'headers of the in-tree build are not read');
  assert.match(readFileSync(path.join(build, 'kernel/unit-ports.c'), 'utf8'), /sink\/sink\.c/);
  assert.ok(!existsSync(path.join(pkg, 'kernel/unit-ports.c')));

  const clean = run(pkg, 'make', ['distclean']);
  assert.equal(clean.status, 0, clean.output);
  assert.deepEqual(contents(pkg).split('\n').sort(), before, 'as it was before');
});

test('make KSRC= SRC= NODRIVERS= in the folder of the package configures and builds', async (t) => {
  const { buildDir, release } = await kernel('6.12');
  const pkg = fixturePackage(t);
  const sources = fixtureSources(t, release);
  const make = run(pkg, 'make', ['core', `KSRC=${buildDir}`, `SRC=${sources}`, 'NODRIVERS=1']);
  assert.equal(make.status, 0, make.output);
  assert.match(make.output, /This folder is not configured yet/);
  assert.match(
    readFileSync(path.join(pkg, 'config.status'), 'utf8'),
    /'--kernel-dir=\S+' '--kernel-sources=\S+' '--no-drivers'/,
  );
  assert.ok(existsSync(path.join(pkg, 'netmap.ko')));
});
