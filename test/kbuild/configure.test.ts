import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { makeTree } from '../support/tree.js';
import { configured, fixturePackage, fixtureSources, kernel, patchFor, run } from './fixture.js';

const program = path.join(packageRoot, 'bin/netmap-configure.js');

for (const series of ['6.1', '6.12'] as const) {
  test(`the documented command on Debian ${series}: report, drivers.mak, build folder`, async (t) => {
    const { buildDir, sourceDir } = await kernel(series);
    const build = makeTree(t, {});
    const args = [
      `--kernel-dir=${buildDir}`,
      `--kernel-sources=${sourceDir}`,
      '--no-ext-drivers',
      '--drivers=realtek',
    ];
    const result = run(build, program, [...args, '--enable-sink'], {
      NETMAP_CACHE_DIR: path.join(build, 'cache'),
    });
    assert.equal(result.status, 0, result.output);

    const driversMak = readFileSync(path.join(build, 'drivers.mak'), 'utf8');
    assert.match(
      driversMak,
      /^realtek@conf := CONFIG_R8169\nrealtek@src := cp -Rp (\S+)\/drivers\/net\/ethernet\/realtek realtek\nrealtek@patch := patches\/vanilla--realtek--[0-9a-f]{5}--[0-9a-f]{5}\n$/,
    );
    const report = result.output.slice(result.output.indexOf('kernel directory'));
    assert.ok(report.startsWith(`kernel directory            ${buildDir}\n`), report);
    assert.match(report, /^linux version {15}60[1c][0-9a-f]{2} {2}\[6\.\d+\.\d+\]$/m);
    assert.match(report, /^subsystems {18}null sink ptnetmap generic monitor pipe vale $/m);
    assert.match(report, /^native drivers {14}realtek $/m);
    assert.ok(report.endsWith(`\nContents of the drivers.mak file:\n${driversMak}`), report);

    assert.equal(readlinkSync(path.join(build, 'patches')), path.join(packageRoot, 'final-patches'));
    assert.ok(lstatSync(path.join(build, 'config.status')).mode & 0o100);
    const header = readFileSync(path.join(build, 'netmap_linux_config.h'), 'utf8');
    assert.match(header, /#define NETMAP_LINUX_SELECT_QUEUE 3\n/);
    assert.match(header, /#define NETMAP_LINUX_TIMER_RTYPE enum hrtimer_restart\n/);
    assert.match(header, /#define NETMAP_LINUX_RTL_OPEN rtl_open\n/);
    assert.equal(header.includes('HAVE_EVENTFD_SIG_2ARGS'), series === '6.1');
    assert.equal(header.includes('HAVE_NETIF_F_LLTX'), series === '6.1');

    const again = run(build, 'sh', ['./config.status'], { NETMAP_CACHE_DIR: path.join(build, 'cache') });
    assert.equal(again.output, result.output, 'config.status repeats the run');
    assert.match(readFileSync(path.join(build, 'config.log'), 'utf8'), /answers from the cache/);
  });
}

test('--json tells request, result, reason and next step, and exits 3 for a driver that was named', async (t) => {
  const { status, output } = await configured(t, ['--drivers=realtek,igb', '--json']);
  assert.equal(status, 3);
  const report = JSON.parse(output) as { exitCode: number; drivers: Record<string, string>[] };
  assert.equal(report.exitCode, 3);
  assert.deepEqual(
    report.drivers.map(({ driver, requested, result, code }) => [driver, requested, result, code]),
    [
      ['igb', 'named', 'dropped', 'not-in-sources'],
      ['realtek', 'named', 'native', 'patch-fits'],
    ],
  );
});

test('--fail-on-driver-errors stops before anything is configured', async (t) => {
  const { status, output, build } = await configured(t, ['--drivers=igb', '--fail-on-driver-errors']);
  assert.equal(status, 1);
  assert.match(output, /ERROR/);
  assert.ok(!existsSync(path.join(build, 'netmap.mak')));
});

test('--strict: a warning of any kind stops the run before anything is written', async (t) => {
  const { status, output, build } = await configured(t, [
    '--drivers=realtek',
    '--select-version=igb:1',
    '--strict',
  ]);
  assert.equal(status, 1, output);
  assert.match(output, /a warning is an error \(--strict\)/);
  assert.match(output, /igb is not an external driver here/);
  assert.ok(!existsSync(path.join(build, 'netmap.mak')));
});

test('--select-version, --no-utils and --cache reach the build folder', async (t) => {
  const cache = makeTree(t, {});
  const args = ['--drivers=realtek', '--select-version=igb:1.2,igb:1.3', '--no-utils', `--cache=${cache}`];
  const { status, output, build } = await configured(t, args);
  assert.equal(status, 0, output);
  assert.equal(readFileSync(path.join(build, 'extdrv-versions.mak'), 'utf8'), 'igb@v := 1.2\nigb@v := 1.3\n');
  assert.equal(run(build, 'make', ['-s', '+igb@v']).output.trim(), '1.3');
  assert.equal(run(build, 'make', ['-s', '+UTILS']).output.trim(), '');
  assert.equal(run(path.join(cache, 'probes'), 'ls', []).output.trim().split('\n').length, 1);
  assert.ok(!output.includes('\u001b'), 'no colors into a pipe');
  const colored = run(build, 'sh', [
    '-c',
    `${readFileSync(path.join(build, 'config.status'), 'utf8').trim()} --color=always`,
  ]);
  assert.ok(colored.output.includes('\u001b[33mWARNING'), colored.output);
});

test('make in a folder that is not configured yet configures it: KSRC=, SRC=, NODRIVERS=', async (t) => {
  const { buildDir } = await kernel('6.12');
  const pkg = fixturePackage(t);
  const build = makeTree(t, {});
  const make = run(build, 'make', [
    '-f',
    path.join(pkg, 'templates/GNUmakefile'),
    `KSRC=${buildDir}`,
    'NODRIVERS=1',
    '+S_DRIVERS',
  ]);
  assert.equal(make.status, 0, make.output);
  assert.match(make.output, /This folder is not configured yet/);
  assert.match(readFileSync(path.join(build, 'config.status'), 'utf8'), /'--kernel-dir=\S+' '--no-drivers'/);
});

test('where no stored patch fits, hooks are placed by rules, and the user is told', async (t) => {
  const { buildDir, sourceDir } = await kernel('6.12');
  const build = makeTree(t, { 'patches/README': 'own patches, none for this driver' });
  const args = [`--kernel-dir=${buildDir}`, `--kernel-sources=${sourceDir}`, '--drivers=realtek'];
  const result = run(build, program, args);
  assert.equal(result.status, 0, result.output);
  assert.match(result.output, /'realtek': no stored patch fits; its \d+ hooks were placed by rules/);
  assert.match(result.output, /^realtek@patch := made-patches\/rules--realtek--60c[0-9a-f]{2}$/m);
  const get = run(build, 'make', ['get-realtek']);
  assert.equal(get.status, 0, get.output);
  assert.match(readFileSync(path.join(build, 'realtek/r8169_main.c'), 'utf8'), /if_re_netmap_linux\.h/);

  const without = run(build, program, [...args, '--stored-patches-only', '--json']);
  assert.equal(without.status, 3);
  assert.equal((JSON.parse(without.output) as { drivers: { code: string }[] }).drivers[0]?.code, 'no-patch');
  assert.equal(run(build, 'make', ['distclean']).status, 0);
  assert.equal(run(build, 'ls', ['-A']).output, 'patches\n');
});

test('--patches-from: patch and bridge header of another checkout, and nothing else of it', async (t) => {
  const checkout = makeTree(t, {
    'LINUX/final-patches/vanilla--veth.c--50a00--99999': patchFor('veth.c', 'nm_bridge_says(1)').replace(
      '+int nm_fixture_hook(int value);',
      '+#include "if_veth_netmap.h"',
    ),
    'LINUX/if_veth_netmap.h': 'int nm_fixture_hook(int value);\n#define nm_bridge_says nm_fixture_hook\n',
    'LINUX/netmap_linux_config.h': '#error the leftover of another build\n',
    'LINUX/bsd_glue.h': '#error not ours\n',
  });
  const { status, output, build } = await configured(
    t,
    ['--drivers=realtek,veth.c', `--patches-from=${checkout}`],
    { 'final-patches/vanilla--veth.c--50a00--99999': '' },
  );
  assert.equal(status, 0, output);
  assert.match(output, new RegExp(`^veth.c@patch := ${checkout}/LINUX/final-patches/vanilla--veth`, 'm'));
  assert.match(output, /^realtek@patch := patches\//m, 'stored patches come first');
  const make = run(build, 'make', ['netmap.ko']);
  assert.equal(make.status, 0, make.output);
  assert.ok(existsSync(path.join(build, 'veth.ko')));

  const wrong = run(build, 'sh', [
    '-c',
    `$(cat config.status | sed "s/'//g") --patches-from=${build}/kernel`,
  ]);
  assert.equal(wrong.status, 2, wrong.output);
  assert.match(wrong.output, /there are no driver patches in/);
});

test('--kernel-sources names a packed archive; one of another version is refused with both versions', async (t) => {
  const { buildDir, release } = await kernel('6.12');
  const pkg = fixturePackage(t);
  const sources = fixtureSources(t, release);
  const old = fixtureSources(t, '6.1.5');
  const build = makeTree(t, {});
  run(build, 'tar', ['-caf', 'right.tar.xz', '-C', path.dirname(sources), path.basename(sources)]);
  run(build, 'tar', ['-caf', 'old.tar.gz', '-C', path.dirname(old), path.basename(old)]);
  const configure = (archive: string) =>
    run(
      build,
      path.join(pkg, 'bin/netmap-configure.js'),
      [`--kernel-dir=${buildDir}`, `--kernel-sources=${archive}`, '--drivers=realtek,veth.c', '--dry-run'],
      { NETMAP_CACHE_DIR: path.join(build, 'cache') },
    );
  const right = configure('right.tar.xz');
  assert.equal(right.status, 0, right.output);
  assert.match(right.output, /^native drivers {14}veth\.c realtek $/m);
  const refused = configure('old.tar.gz');
  assert.equal(refused.status, 1);
  assert.match(refused.output, /sources are Linux 6\.1\.5, the kernel to build for is Linux 6\.12\.\d+/);
});

test('--dry-run writes nothing', async (t) => {
  const { status, output, build } = await configured(t, ['--drivers=realtek', '--dry-run']);
  assert.equal(status, 0, output);
  assert.match(output, /Nothing was written/);
  assert.equal(run(build, 'ls', ['-A']).output, '');
});

test('sources of another version are refused, naming both versions', async (t) => {
  const { buildDir } = await kernel('6.12');
  const build = makeTree(t, {});
  const sources = fixtureSources(t, '6.1.5');
  const result = run(build, program, [
    `--kernel-dir=${buildDir}`,
    `--kernel-sources=${sources}`,
    '--drivers=realtek',
  ]);
  assert.equal(result.status, 1);
  assert.match(result.output, /sources are Linux 6\.1\.5, the kernel to build for is Linux 6\.12\.\d+/);
  assert.ok(!existsSync(path.join(build, 'netmap.mak')));
});

test('a kernel whose compiler is missing is told from one that lacks features', async (t) => {
  const { buildDir } = await kernel('6.12');
  const build = makeTree(t, {});
  const args = [`--kernel-dir=${buildDir}`, '--no-drivers', '--kernel-opts=CC=/nowhere/gcc-99'];
  const result = run(build, program, args, { NETMAP_CACHE_DIR: path.join(build, 'cache') });
  assert.equal(result.status, 1);
  assert.match(result.output, /not even an empty module can be built/);
  assert.ok(!existsSync(path.join(build, 'netmap_linux_config.h')));
});

test('Ctrl-C while the kernel is asked ends with 130 and leaves no temporary files', async (t) => {
  const { buildDir } = await kernel('6.12');
  const build = makeTree(t, {});
  const child = spawn(program, [`--kernel-dir=${buildDir}`, '--no-drivers'], {
    cwd: build,
    env: { ...process.env, NETMAP_CACHE_DIR: path.join(build, 'cache') },
    stdio: 'ignore',
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const waiting = setInterval(() => {
    if (existsSync(path.join(build, 'netmap-tmpdir/compiler.txt'))) child.kill('SIGINT');
  }, 5);
  const status = await ended;
  clearInterval(waiting);
  assert.equal(status, 130);
  assert.equal(run(build, 'ls', ['-A']).output, 'config.log\n');
  const second = run(build, program, [`--kernel-dir=${buildDir}`, '--no-drivers']);
  assert.equal(second.status, 0, second.output);
});
