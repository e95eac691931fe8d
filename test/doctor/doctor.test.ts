import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Check } from '../../src/doctor/check.js';
import { checks, examine, fix, renderResults, undo } from '../../src/doctor/doctor.js';
import { changeable } from '../../src/doctor/nic.js';
import { NetmapError } from '../../src/errors.js';
import { realFiles } from '../../src/system/files.js';
import { packageRoot } from '../../src/system/paths.js';
import { createRunner } from '../../src/system/runner.js';
import { makeTree } from '../support/tree.js';

const host = { runner: createRunner(), files: realFiles, release: '0.0.0-none', interfaces: ['nothere0'] };

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

test('offloads of a real interface, in a network namespace of its own', (t) => {
  const script = [
    'mount -t tmpfs none /run && mount -t sysfs none /sys 2>/dev/null',
    'ip link add v0 type veth peer name v1 && ip link set v1 up',
    `node ${path.join(packageRoot, 'bin/netmap-configure.js')} doctor v0 --fix`,
    "ethtool -k v0 | grep -E '^(tcp-seg|tx-check|scatter)' | sed 's/^/fixed /'",
    `node ${path.join(packageRoot, 'bin/netmap-configure.js')} doctor --undo`,
    "ethtool -k v0 | grep -E '^(tcp-seg|tx-check|scatter)' | sed 's/^/undone /'",
    'ip link show v0 | head -1',
  ].join('\n');
  const { status, stdout, stderr } = spawnSync('unshare', ['-n', '-m', 'sh', '-c', script], {
    encoding: 'utf8',
  });
  if (
    /Operation not permitted|root filesystem propagation|ethtool: not found|Unknown device type/.test(stderr)
  )
    return t.skip(stderr.trim());
  assert.equal(status, 0, stderr);
  assert.match(stdout, /v0: offloads: on: .*tcp-segmentation-offload/);
  assert.match(stdout, /-> ethtool -K v0 .*tso off.* {2}\(done\)/);
  assert.match(stdout, /v0: interface: down/);
  for (const name of ['tcp-segmentation-offload', 'tx-checksumming', 'scatter-gather']) {
    assert.match(stdout, new RegExp(`^fixed ${name}: off`, 'm'));
    assert.match(stdout, new RegExp(`^undone ${name}: on`, 'm'));
  }
  assert.match(stdout, /promisc|PROMISC|state DOWN/i);
});
