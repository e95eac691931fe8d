import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { addFiles, kernelHeaders, kernelSources, makeTree } from '../support/tree.js';

const program = path.join(packageRoot, 'bin/netmap-configure.js');

function netmapConfigure(cwd: string, args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr, all: stdout + stderr };
}

test('an unknown option: exit 2, a suggestion, and nothing written', (t) => {
  const build = makeTree(t, {});
  const result = netmapConfigure(build, ['--kernel-dirr=/k']);
  assert.equal(result.status, 2);
  assert.equal(
    result.stderr,
    "error: unknown option '--kernel-dirr=/k'\nto do: did you mean --kernel-dir?\n",
  );
  assert.deepEqual(readdirSync(build), []);
});

test('an unknown driver: exit 2, the list, and nothing written', (t) => {
  const build = makeTree(t, {});
  const result = netmapConfigure(build, ['--drivers=e1000f']);
  assert.equal(result.status, 2);
  assert.match(
    result.stderr,
    /unknown driver 'e1000f'\nwhy: {3}known: .*mlx5 .* stmmac\nto do: did you mean 'e1000'\?/,
  );
  assert.deepEqual(readdirSync(build), []);
});

test('missing headers: exit 1 and a box that says what to install', (t) => {
  const build = makeTree(t, {});
  const result = netmapConfigure(build, ['--kernel-version=9.9.9-none']);
  assert.equal(result.status, 1);
  assert.match(result.stdout, /^\*{34} {2}ERROR {2}\*{34}$/m);
  assert.match(result.stdout, /\*\*\* \/lib\/modules\/9\.9\.9-none\/build does not exist/);
  assert.match(result.stdout, /linux-headers-9\.9\.9-none/);
  assert.deepEqual(readdirSync(build), ['config.log']);
});

test('a build folder with a blank in its path is refused before anything is written', (t) => {
  const root = makeTree(t, { 'my build/x': '' });
  const result = netmapConfigure(path.join(root, 'my build'), ['--no-drivers']);
  assert.equal(result.status, 2);
  assert.match(result.stderr, /cannot handle blanks in paths/);
  assert.deepEqual(readdirSync(path.join(root, 'my build')), ['x']);
});

test('a build folder inside the package is refused, also through a link', (t) => {
  const root = makeTree(t, {});
  symlinkSync(path.join(packageRoot, 'docs'), path.join(root, 'link'));
  for (const folder of [path.join(packageRoot, 'docs'), path.join(root, 'link')]) {
    const result = netmapConfigure(folder, ['--no-drivers']);
    assert.equal(result.status, 2);
    assert.match(result.stderr, /inside the netmap package/);
  }
});

test('a build folder inside the kernel sources is refused and not littered', (t) => {
  const sources = makeTree(t, kernelSources([6, 12, 95], ''));
  const folder = path.join(sources, 'drivers');
  const before = readdirSync(folder);
  const result = netmapConfigure(folder, [`--kernel-sources=${sources}`, '--no-drivers']);
  assert.equal(result.status, 2);
  assert.match(result.stderr, /inside the kernel/);
  assert.deepEqual(readdirSync(folder), before);
});

test('a build folder that cannot be written to', () => {
  const result = netmapConfigure('/proc/sys', ['--no-drivers']);
  assert.equal(result.status, 1);
  assert.match(result.stderr, /cannot write into the build folder \/proc\/sys/);
});

test('without make and patch: names the packages', (t) => {
  const build = makeTree(t, {});
  const result = netmapConfigure(build, ['--no-drivers'], { PATH: '/nowhere' });
  assert.equal(result.status, 1);
  assert.match(result.stdout, /cannot run make and patch/);
  assert.match(result.stdout, /apt-get install make patch/);
});

test('hostile names in options are refused, not executed', (t) => {
  const build = makeTree(t, {});
  for (const option of [
    '--kernel-dir=/tmp/$(touch pwned)',
    '--prefix=/usr/`touch pwned`',
    '--destdir=/a b',
    "--install-mod-path=/a';touch pwned;'",
    '--kernel-sources=/a\nb',
    '--driver-suffix=;touch pwned',
  ]) {
    const result = netmapConfigure(build, [option]);
    assert.equal(result.status, 2, option);
    assert.deepEqual(readdirSync(build), [], option);
  }
});

test('--json reports an error as a document', (t) => {
  const build = makeTree(t, kernelHeaders(396383, 95));
  addFiles(build, { 'b/x': '' });
  const result = netmapConfigure(path.join(build, 'b'), ['--kernel-dir=/nowhere', '--json']);
  assert.equal(result.status, 1);
  assert.equal((JSON.parse(result.stdout) as { error: { code: string } }).error.code, 'kernel-dir-missing');
});

test('help and version are fast paths that need no kernel', (t) => {
  const build = makeTree(t, {});
  const help = netmapConfigure(build, ['--help', '--drivers=nonsense']);
  assert.equal(help.status, 0);
  assert.match(help.stdout, /--kernel-sources <dir>/);
  assert.match(help.stdout, /--disable-vale/);
  const version = netmapConfigure(build, ['--version']);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  assert.equal(netmapConfigure(build, ['--drivers=realtek,igb', '--show-drivers']).stdout, 'igb realtek \n');
  assert.equal(
    netmapConfigure(build, ['--show-ext-drivers']).stdout,
    'mlx5 i40e ice ixgbevf ixgbe igb e1000e virtio_net.c \n',
  );
  assert.deepEqual(readdirSync(build), []);
});
