import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { addFiles, configured, patchFor, run } from './fixture.js';

const BROKEN_VETH = {
  'final-patches/vanilla--veth.c--50a00--99999': patchFor('veth.c', 'no_such_function()'),
};

test('builds core, a folder driver with only its own module, and a file driver', async (t) => {
  const { build, status, output } = await configured(t, ['--drivers=realtek,veth.c']);
  assert.equal(status, 0, output);
  const make = run(build, 'make', []);
  assert.equal(make.status, 0, make.output);
  for (const module of ['netmap.ko', 'realtek/r8169.ko', 'veth.ko']) {
    assert.ok(existsSync(path.join(build, module)), `${module}\n${make.output}`);
  }
  assert.ok(!existsSync(path.join(build, 'realtek/8139too.ko')));
  assert.match(run(build, '/usr/sbin/modinfo', ['-F', 'depends', 'realtek/r8169.ko']).output, /netmap/);
  assert.match(make.output, /pkt-gen all \S+ /);

  const again = run(build, 'make', []);
  assert.equal(again.status, 0);
  assert.doesNotMatch(again.output, /CC \[M\]|GET|PATCH/, 'a second make compiles nothing');

  const root = path.join(build, 'root');
  const install = run(build, 'make', ['install-netmap', `MODPATH=${root}`]);
  assert.equal(install.status, 0, install.output);
  const installed = run(root, 'find', ['.', '-name', '*.ko*']).output;
  for (const module of ['updates/netmap.ko', 'updates/realtek/r8169.ko', 'updates/veth.ko']) {
    assert.ok(installed.includes(module), installed);
  }

  assert.equal(run(build, 'make', ['clean']).status, 0);
  assert.ok(!existsSync(path.join(build, 'netmap.ko')));
  assert.equal(run(build, 'make', ['distclean']).status, 0);
  assert.equal(run(build, 'ls', ['-A']).output, 'root\n');
});

test('a suffix and a module name reach every module but not the core', async (t) => {
  const args = [
    '--drivers=realtek,veth.c',
    '--driver-suffix=-netmap',
    '--mod-name=netmap_x',
    '--enable-sink',
  ];
  const { build } = await configured(t, args);
  const make = run(build, 'make', ['netmap.ko']);
  assert.equal(make.status, 0, make.output);
  for (const module of ['netmap_x.ko', 'realtek/r8169-netmap.ko', 'veth-netmap.ko']) {
    assert.ok(existsSync(path.join(build, module)), `${module}\n${make.output}`);
  }
  assert.match(make.output, /kernel\/unit-ports\.o/, 'a subsystem reaches objects.mak');
  assert.equal(run(build, 'make', ['-s', '+DRVSUFFIX']).output.trim(), '-netmap');

  const separate = run(build, 'make', ['core', 'SEPARATE=1']);
  assert.equal(separate.status, 0, separate.output);
  for (const file of ['core/main', 'ports/sink/sink'])
    assert.ok(separate.output.includes(`kernel/${file}.o`), `${file}.c is compiled by itself`);
});

test('make install-docs brings the manual of the tool', async (t) => {
  const { build } = await configured(t, ['--no-drivers']);
  const root = path.join(build, 'root');
  const install = run(build, 'make', ['install-docs', `DESTDIR=${root}`]);
  assert.equal(install.status, 0, install.output);
  const page = readFileSync(path.join(root, 'usr/local/share/man/man8/netmap-configure.8'), 'utf8');
  assert.match(page, /\\-\\-kernel\\-sources/);
  const share = path.join(root, 'usr/local/share');
  for (const file of [
    'man/man8/netmap-configure-load.8',
    'man/man1/netmap-port-driver.1',
    'bash-completion/completions/netmap-configure',
    'zsh/site-functions/_netmap-port-driver',
    'fish/vendor_completions.d/netmap-configure.fish',
  ])
    assert.ok(existsSync(path.join(share, file)), file);
  const script = path.join(share, 'bash-completion/completions/netmap-configure');
  assert.equal(run(build, 'bash', ['-n', script]).status, 0);
});

test('a driver that does not compile stops neither the core nor another driver, and is named', async (t) => {
  const { build } = await configured(t, ['--drivers=realtek,veth.c'], BROKEN_VETH);
  const make = run(build, 'make', []);
  assert.notEqual(make.status, 0);
  assert.match(make.output, /not built: veth\.c/);
  assert.ok(existsSync(path.join(build, 'netmap.ko')));
  assert.ok(existsSync(path.join(build, 'realtek/r8169.ko')));
  assert.match(make.output, /pkt-gen all/, 'applications are built all the same');

  const root = path.join(build, 'root');
  const install = run(build, 'make', ['install', `MODPATH=${root}`, `DESTDIR=${root}`]);
  assert.notEqual(install.status, 0);
  assert.match(install.output, /nothing installed, these modules are missing: veth\.ko/);
  assert.ok(!existsSync(root), 'nothing is installed');
});

test('a copy that fails leaves nothing that looks finished', async (t) => {
  const { build, sources } = await configured(t, ['--drivers=realtek']);
  const main = path.join(sources, 'drivers/net/ethernet/realtek/r8169_main.c');
  const good = readFileSync(main, 'utf8');
  writeFileSync(main, good.replace('return 0;', 'return 1;'));
  const failed = run(build, 'make', ['get-realtek']);
  assert.notEqual(failed.status, 0);
  assert.match(failed.output, /does not fit the sources of realtek/);
  for (const left of ['realtek', 'get-realtek', '.get-realtek'])
    assert.ok(!existsSync(path.join(build, left)), left);

  writeFileSync(main, good);
  assert.equal(run(build, 'make', ['get-realtek']).status, 0);
  assert.match(readFileSync(path.join(build, 'realtek/r8169_main.c'), 'utf8'), /nm_fixture_hook\(1\)/);
});

test('a changed patch is applied after the next configure; an unchanged one is not', async (t) => {
  const { build, pkg } = await configured(t, ['--drivers=realtek']);
  assert.equal(run(build, 'make', ['get-realtek']).status, 0);
  assert.equal(run(build, 'sh', ['./config.status']).status, 0);
  assert.doesNotMatch(run(build, 'make', ['get-realtek']).output, /GET/);

  addFiles(pkg, {
    'final-patches/vanilla--realtek--50a00--99999': patchFor('realtek/r8169_main.c', 'nm_fixture_hook(2)'),
  });
  assert.equal(run(build, 'sh', ['./config.status']).status, 0);
  assert.match(run(build, 'make', ['get-realtek']).output, /GET/);
  assert.match(readFileSync(path.join(build, 'realtek/r8169_main.c'), 'utf8'), /nm_fixture_hook\(2\)/);
  assert.match(readFileSync(path.join(build, 'realtek.old/r8169_main.c'), 'utf8'), /nm_fixture_hook\(1\)/);
});

test('config.mak overrides where a driver comes from and its patch, in configure and in make', async (t) => {
  const { build, sources } = await configured(t, ['--drivers=realtek']);
  addFiles(build, {
    'config.mak': `from := ${sources}/drivers/net/ethernet\nrealtek@src := cp -Rp $(from)/realtek realtek && touch realtek/mine\nrealtek@patch := none\n`,
  });
  const again = run(build, 'sh', ['./config.status']);
  assert.equal(again.status, 0, again.output);
  assert.match(again.output, /^realtek@src := cp -Rp \/\S+\/realtek realtek && touch realtek\/mine$/m);
  assert.match(again.output, /^realtek@patch := none$/m);
  const get = run(build, 'make', ['get-realtek']);
  assert.equal(get.status, 0, get.output);
  assert.ok(existsSync(path.join(build, 'realtek/mine')));
  assert.doesNotMatch(readFileSync(path.join(build, 'realtek/r8169_main.c'), 'utf8'), /nm_fixture_hook/);
});

test('a config.mak that make cannot read is named', async (t) => {
  const { build } = await configured(t, ['--drivers=realtek']);
  addFiles(build, { 'config.mak': 'realtek@src\n' });
  const again = run(build, 'sh', ['./config.status']);
  assert.equal(again.status, 2);
  assert.match(again.output, /config\.mak cannot be read by make/);
  assert.match(again.output, /missing separator/);
});
