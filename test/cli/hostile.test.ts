import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { optionTable } from '../../src/core/options/option-table.js';
import { defaultOptions } from '../../src/core/options/options.js';
import { optionName } from '../../src/core/options/row.js';
import { packageRoot } from '../../src/core/paths.js';
import { addFiles, kernelHeaders, kernelSources, makeTree } from '../support/tree.js';

/** Names that a shell or make would take apart or run; what runs would leave a file `pwned`. */
const HOSTILE = ['a b', "a';touch pwned;'", 'a\nb', '$(touch pwned)'];

function run(cwd: string, file: string, args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(file, [...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NETMAP_CACHE_DIR: path.join(cwd, 'cache'), ...env },
  });
  return { status, output: stdout + stderr };
}

const program = path.join(packageRoot, 'bin/netmap-configure.js');

/** Every name below a folder. */
const everything = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

test('a build folder of a hostile name is refused, and nothing is written or run', (t) => {
  const root = makeTree(t, {});
  for (const name of HOSTILE) {
    const build = path.join(root, name);
    mkdirSync(build);
    const { status, output } = run(build, program, ['--no-drivers']);
    assert.equal(status, 2, output);
    assert.match(output, /the build folder cannot be "/, name);
  }
  assert.deepEqual(everything(root), [...HOSTILE].sort());
});

test('hostile values of options that take a path or a command, and of the environment', async (t) => {
  const build = makeTree(t, {});
  const universe = { drivers: [], externalDrivers: [], apps: [], aliases: new Map<string, string>() };
  for (const name of ['cc', 'ld']) {
    const row = optionTable.find((candidate) => optionName(candidate) === name);
    for (const value of [
      'cc;touch pwned',
      '$(shell touch pwned)',
      'cc `touch pwned`',
      'cc\ntouch pwned',
      'cc "x',
    ]) {
      const options = defaultOptions(universe, {});
      assert.throws(() => row?.apply(options, value, universe), /cannot be a/, value);
    }
    const options = defaultOptions(universe, {});
    row?.apply(options, "gcc-12 -m32 -Wl,-z,now -DX='a'", universe);
    assert.match(options[name as 'cc'], /^gcc-12/);
  }
  const paths = ['patches-from', 'ext-drivers-dir', 'cache'];
  for (const [at, option] of paths.entries()) {
    const { status, output } = run(build, program, [`--${option}=/x/${HOSTILE[at + 1]}`, '--no-drivers']);
    assert.equal(status, 2, output);
  }
  assert.equal(run(build, program, ['--no-drivers'], { DESTDIR: '/a;touch pwned' }).status, 2);
  const other = run(build, program, ['--no-drivers', '--dry-run'], { kernelver: '$(touch pwned)' });
  assert.notEqual(other.status, 0);
  assert.deepEqual(everything(build), []);
});

test('a link of a harmless name to a folder with patches of a hostile one', (t) => {
  const root = makeTree(t, { 'build/x': '' });
  const headers = makeTree(t, kernelHeaders(396383, 95));
  const sources = makeTree(t, kernelSources([6, 12, 95], 'int x;\n'));
  const patches = path.join(root, '$(touch pwned)');
  addFiles(patches, { 'vanilla--realtek--60c00--99999': 'x' });
  symlinkSync(patches, path.join(root, 'patches'));
  const args = [`--kernel-dir=${headers}`, `--kernel-sources=${sources}`, '--drivers=realtek', '--dry-run'];
  const { status, output } = run(path.join(root, 'build'), program, [
    ...args,
    `--patches-from=${root}/patches`,
  ]);
  assert.equal(status, 2, output);
  assert.match(output, /the folder with patches cannot be "\S+\$\(touch pwned\)/);
  assert.deepEqual(everything(path.join(root, 'build')), ['x']);
});

test('patch files of hostile names are not even looked at', (t) => {
  const names = [
    'vanilla--realtek--60c00--99999;touch pwned',
    'vanilla--realtek--$(id)--99999',
    'intel--igb--$(touch pwned)',
    'intel--igb--1 2',
  ];
  const headers = makeTree(t, kernelHeaders(396383, 95));
  const sources = makeTree(t, kernelSources([6, 12, 95], 'int x;\n'));
  const build = makeTree(t, Object.fromEntries(names.map((name) => [`patches/${name}`, 'x'])));
  const args = [
    `--kernel-dir=${headers}`,
    `--kernel-sources=${sources}`,
    '--stored-patches-only',
    '--dry-run',
    '--json',
  ];
  const { status, output } = run(build, program, [...args, '--drivers=realtek,igb']);
  assert.equal(status, 3, output);
  const { drivers } = JSON.parse(output) as { drivers: { driver: string; code: string }[] };
  assert.deepEqual(
    drivers.map(({ driver, code }) => [driver, code]),
    [
      ['igb', 'not-configured'],
      ['realtek', 'no-patch'],
    ],
  );
});

test('make KSRC=, SRC=: what they hold is one word of the command, and is not run', (t) => {
  const build = makeTree(t, {});
  const makefile = path.join(packageRoot, 'templates/GNUmakefile');
  for (const word of ['KSRC=/k;touch pwned', "SRC=/k';touch pwned;'"]) {
    const { status, output } = run(build, 'make', ['-f', makefile, word, 'NODRIVERS=1']);
    assert.notEqual(status, 0);
    assert.match(output, /the kernel (sources )?directory cannot be "/, word);
  }
  assert.deepEqual(everything(build), []);
});

test('a configuration file of hostile values', (t) => {
  const build = makeTree(t, {});
  for (const setting of [{ prefix: '/a$(touch pwned)' }, { 'select-version': ['igb:`touch pwned`'] }]) {
    addFiles(build, { 'netmap-configure.json': JSON.stringify(setting) });
    const { status, output } = run(build, program, [
      '--no-drivers',
      '--no-apps',
      '--dry-run',
      '--kernel-dir=/nowhere',
    ]);
    assert.equal(status, 2, `${JSON.stringify(setting)}: ${output}`);
  }
  assert.deepEqual(everything(build), ['netmap-configure.json']);
});
