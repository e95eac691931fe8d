import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { makeTree } from '../support/tree.js';
import { fixtureSources, kernel, patchFor, run } from './fixture.js';

const TOOLS = ['gcc-12', 'gcc', 'ld', 'nm', 'objcopy', 'objdump', 'strip', 'readelf', 'ar'];

/** A tool chain with a prefix of its own, which notes what it is given; native compilers refuse to work. */
function toolChain(log: string): Record<string, string> {
  const tools = TOOLS.map((tool) => [
    `cross-linux-gnu-${tool}`,
    `#!/bin/sh\necho "${tool} $*" >> ${log}\nexec /usr/bin/x86_64-linux-gnu-${tool} "$@"\n`,
  ]);
  const native = ['gcc', 'gcc-12', 'cc', 'x86_64-linux-gnu-gcc-12', 'x86_64-linux-gnu-gcc'].map((tool) => [
    tool,
    `#!/bin/sh\necho "the native ${tool} is called: $*" >&2\nexit 9\n`,
  ]);
  return Object.fromEntries([...tools, ...native]) as Record<string, string>;
}

test('--kernel-opts and --cc: everything is compiled by the tool chain that they name', async (t) => {
  // Debian's headers of 6.12 name one compiler whatever CROSS_COMPILE says, those of 6.1 do not.
  const { buildDir, sourceDir } = await kernel('6.1');
  const sublevel = /^SUBLEVEL = (\d+)$/m.exec(readFileSync(path.join(sourceDir, 'Makefile'), 'utf8'))?.[1];
  const build = makeTree(t, { 'patches/vanilla--realtek--50a00--99999': patchFor('realtek/r8169_main.c') });
  const log = path.join(build, 'tools.log');
  const bin = makeTree(t, toolChain(log));
  const env = { PATH: `${bin}:${process.env.PATH}`, NETMAP_CACHE_DIR: path.join(build, 'cache') };
  const sources = fixtureSources(t, `6.1.${sublevel}`);
  const configure = run(
    build,
    path.join(packageRoot, 'bin/netmap-configure.js'),
    [
      ...[`--kernel-dir=${buildDir}`, `--kernel-sources=${sources}`, '--no-ext-drivers', '--apps=vale-ctl'],
      ...['--drivers=realtek', '--disable-vale', '--disable-generic', '--disable-monitor'],
      ...['--kernel-opts=ARCH=x86_64 CROSS_COMPILE=cross-linux-gnu-', '--cc=cross-linux-gnu-gcc -DCROSS=1'],
    ],
    env,
  );
  assert.equal(configure.status, 0, configure.output);
  assert.match(readFileSync(log, 'utf8'), /gcc-12 .*probes\.c/, 'the kernel is asked with this compiler');
  // The driver's hook is the fixture's, which the real core lacks: only its compilation counts.
  const make = run(build, 'make', ['core', 'apps'], env);
  assert.equal(make.status, 0, make.output);
  run(build, 'make', ['build-realtek'], env);
  const calls = readFileSync(log, 'utf8');
  for (const source of ['unit-core.c', 'unit-small.c', 'realtek/r8169_main.c', 'netmap.mod.c'])
    assert.match(calls, new RegExp(`^gcc-12 .*${source.replaceAll('.', '\\.')}`, 'm'), source);
  assert.match(calls, /^ld .*netmap\.ko/m);
  assert.match(calls, /^gcc -DCROSS=1 .*vale-ctl\/main\.c/m);
  assert.ok(existsSync(path.join(build, 'netmap.ko')));
});

test('a cross compiler that is missing: the package that has it', async (t) => {
  const { buildDir } = await kernel('6.1');
  const build = makeTree(t, {});
  const result = run(
    build,
    path.join(packageRoot, 'bin/netmap-configure.js'),
    [`--kernel-dir=${buildDir}`, '--no-drivers', '--kernel-opts=CROSS_COMPILE=s390x-linux-gnu-'],
    { NETMAP_CACHE_DIR: path.join(build, 'cache') },
  );
  assert.equal(result.status, 1);
  assert.match(result.output, /apt-get install gcc-12-s390x-linux-gnu/);
});
