import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { NetmapError } from '../../../src/core/errors.js';
import { realFiles } from '../../../src/core/files.js';
import { packageRoot } from '../../../src/core/paths.js';
import { createRunner } from '../../../src/core/runner.js';
import type { Check } from '../../../src/machine/doctor/check.js';
import { checks, examine, fix, renderResults, undo } from '../../../src/machine/doctor/doctor.js';
import { changeable } from '../../../src/machine/doctor/nic.js';
import { builtInDriver } from '../../../src/machine/load/interfaces.js';
import { makeTree } from '../../support/tree.js';

const host = {
  runner: createRunner(),
  files: realFiles,
  release: '0.0.0-none',
  interfaces: ['nothere0'],
  build: '/nonexistent',
};

test('every check has a name of its own and ends on a machine that has nothing', async () => {
  assert.equal(new Set(checks.map(({ id }) => id)).size, checks.length);
  const results = await examine(host);
  assert.equal(results.length, checks.length);
  const found = (id: string) => results.find((result) => result.id === id);
  assert.equal(found('headers')?.level, 'problem');
  assert.match(found('headers')?.fix?.join(' ') ?? found('headers')?.mend ?? '', /0\.0\.0-none/);
  assert.equal(found('interface')?.says, 'there is no nothere0');
});

test('features that are off or fixed are left alone', () => {
  const text =
    'rx-checksumming: on [fixed]\ntx-checksumming: on\n\ttx-checksum-ipv4: on\nscatter-gather: off\nlarge-receive-offload: off [fixed]\n';
  const names = ['rx-checksumming', 'tx-checksumming', 'scatter-gather', 'large-receive-offload'];
  assert.deepEqual(changeable(text, names), ['tx-checksumming']);
});

test('a fix is written down before it is applied, and taken back last first', async (t) => {
  const folder = makeTree(t, {});
  const file = path.join(folder, 'undo.json');
  const touch = (name: string, undoable = true): Check => ({
    id: name,
    title: name,
    each: 'machine',
    run: async () => ({
      level: 'problem',
      says: 'not there',
      fix: ['sh', '-c', `grep -q ${name} ${file} && touch ${path.join(folder, name)}`],
      ...(undoable
        ? { undo: ['sh', '-c', `rm ${path.join(folder, name)} && echo ${name} >> ${folder}/order`] }
        : {}),
    }),
  });
  const results = await examine(host, [touch('one'), touch('two'), touch('install', false)]);
  const after = await fix(results, host, file);
  assert.deepEqual(
    after.map(({ fixed }) => fixed),
    [true, true, undefined],
  );
  assert.match(renderResults(after), /^PROBLEM one: not there\n {8}-> sh -c '.*' {2}\(done\)$/m);
  assert.ok(existsSync(path.join(folder, 'two')) && !existsSync(path.join(folder, 'install')));
  const { done, failed } = await undo(host, file);
  assert.deepEqual([done.length, failed.length], [2, 0]);
  assert.equal(await realFiles.read(path.join(folder, 'order')), 'two\none\n');
  assert.ok(!existsSync(file));
  assert.deepEqual(await undo(host, file), { done: [], failed: [] });
});

test('what cannot be taken back stays written down; a damaged file is not executed', async (t) => {
  const file = path.join(makeTree(t, {}), 'undo.json');
  writeFileSync(file, '[["true"],["false"]]');
  assert.deepEqual(await undo(host, file), { done: [['true']], failed: [['false']] });
  assert.equal(await realFiles.read(file), '[["false"]]\n');
  writeFileSync(file, '"rm -rf /"');
  await assert.rejects(undo(host, file), (error: unknown) => error instanceof NetmapError);
});

/** What each finding of the preflight list must be about, so that none gets lost. */
const list = [
  ...['headers', 'sources', 'symvers', 'compiler', 'vermagic', 'signatures', 'memory', 'governor', 'device'],
  ...['interface', 'driver', 'offloads', 'vlan', 'promiscuous', 'pause', 'eee', 'coalescing'],
];
test('the preflight list is complete', () => {
  assert.deepEqual(
    checks.map(({ id }) => id),
    list,
  );
});

const vermagic = checks.find(({ id }) => id === 'vermagic') as Check;

test('modules for another kernel than the running one are told, with both', async (t) => {
  const module = (magic: string) => `\u007fELF\0depends=\0name=netmap\0vermagic=${magic}\0`;
  const build = makeTree(t, {
    'netmap.mak': 'MODNAME:=netmap\nDRVSUFFIX = \n',
    'netmap.ko': module('6.1.0-other SMP mod_unload '),
  });
  const found = await vermagic.run({ ...host, build }, '');
  assert.equal(found.level, 'problem');
  assert.match(
    found.says,
    /netmap\.ko is for "6\.1\.0-other SMP mod_unload", this kernel takes "0\.0\.0-none"/,
  );
  assert.match(found.mend ?? '', /--kernel-version=0\.0\.0-none/);
  writeFileSync(path.join(build, 'netmap.ko'), module('0.0.0-none SMP mod_unload '));
  assert.equal((await vermagic.run({ ...host, build }, '')).level, 'ok');
  assert.match((await vermagic.run(host, '')).says, /none in \/nonexistent yet/);
});

test('a driver that is part of the kernel image is told from a module and from a virtual interface', async (t) => {
  const sysfs = makeTree(t, {
    'bus/pci/drivers/igb/x': '',
    'bus/pci/drivers/e1000/x': '',
    'module/e1000/x': '',
    'class/net/eth0/device/x': '',
    'class/net/eth1/device/x': '',
    'class/net/lo/x': '',
  });
  symlinkSync('../../../../bus/pci/drivers/igb', path.join(sysfs, 'class/net/eth0/device/driver'));
  symlinkSync('../../../../bus/pci/drivers/e1000', path.join(sysfs, 'class/net/eth1/device/driver'));
  symlinkSync('../../../../module/e1000', path.join(sysfs, 'bus/pci/drivers/e1000/module'));
  assert.equal(await builtInDriver('eth0', realFiles, sysfs), 'igb');
  assert.equal(await builtInDriver('eth1', realFiles, sysfs), undefined);
  assert.equal(await builtInDriver('lo', realFiles, sysfs), undefined);
});

/** In namespaces of its own: a veth, and processors that scale. */
const NAMESPACE = `
set -e
mount -t tmpfs none /run
mount -t sysfs none /sys
mount -t tmpfs none /sys/devices/system/cpu
for cpu in 0 1; do
  mkdir -p /sys/devices/system/cpu/cpu$cpu/cpufreq
  echo powersave > /sys/devices/system/cpu/cpu$cpu/cpufreq/scaling_governor
done
ip link add v0 type veth peer name v1
ip link set v1 up
state() {
  ethtool -k v0 | grep -E '^(tcp-seg|tx-check|scatter|rx-vlan-off|generic-rec)' | sed "s/^/$1 /"
  sed "s/^/$1 governor /" /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor
  ip link show v0 | grep -o '<.*>' | sed "s/^/$1 /"
}
state before
doctor v0 --fix || true
state fixed
doctor --undo
state undone
`;

test('every fix of a machine and its interface is applied and taken back', (t) => {
  const program = path.join(packageRoot, 'bin/netmap-configure.js');
  const script = `doctor() { '${process.execPath}' '${program}' doctor "$@"; }\n${NAMESPACE}`;
  const { status, stdout, stderr } = spawnSync('unshare', ['-n', '-m', 'sh', '-c', script], {
    encoding: 'utf8',
  });
  if (/^unshare: .*Operation not permitted|^Error: Unknown device type/m.test(stderr)) {
    return t.skip(stderr.trim());
  }
  assert.equal(status, 0, stderr);
  assert.match(stdout, /v0: offloads: on: .*tcp-segmentation-offload/);
  assert.match(stdout, /-> ethtool -K v0 .*tso off.* {2}\(done\)/);
  assert.match(stdout, /v0: interface: down/);
  for (const name of ['tcp-segmentation-offload', 'tx-checksumming', 'scatter-gather', 'rx-vlan-offload'])
    assert.match(stdout, new RegExp(`^fixed ${name}: off`, 'm'));
  assert.equal(stdout.match(/^fixed governor performance$/gm)?.length, 2);
  assert.match(stdout, /^fixed <.*PROMISC.*UP/m);
  const lines = (when: string) =>
    stdout
      .split('\n')
      .filter((line) => line.startsWith(`${when} `))
      .map((line) => line.slice(when.length + 1));
  assert.deepEqual(lines('undone'), lines('before'), 'all is as it was');
});
