/* Planning, and what is written, without dkms; the real dkms is in test/kbuild. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { realFiles } from '../../../src/core/files.js';
import type { Command } from '../../../src/core/runner.js';
import { installDkms, planDkms, removeDkms } from '../../../src/machine/dkms/dkms.js';
import { digestOf, writeTree } from '../../../src/machine/dkms/write-tree.js';
import { makeTree } from '../../support/tree.js';

const TREE = { texts: { 'dkms.conf': 'conf\n', 'probe/Kbuild': 'k\n' }, copies: {}, drivers: ['realtek'] };

/** A machine below a folder, on which dkms says yes to everything and does nothing. */
function machine(root: string, calls: string[] = []) {
  const runner = {
    run: async ({ file, args }: Command) => {
      calls.push([file, ...args].join(' '));
      return { exitCode: 0, stdout: '', stderr: '', timedOut: false };
    },
  };
  const at = (name: string) => path.join(root, name);
  const places = { state: at('state'), sources: at('src'), modules: at('modules'), cache: at('cache') };
  return { tools: { runner, files: realFiles }, places };
}

test('only kernels with headers; what a killed dkms left is begun anew, other versions go', async (t) => {
  const root = makeTree(t, {
    'modules/6.1.0-1/build/include/x': '',
    'modules/6.12.9/build/include/x': '',
    'modules/6.9.0/kernel/x': '',
    'state/netmap/2.0/6.1.0-1/x86_64/module/netmap.ko': '',
    'state/netmap/2.0/6.12.9/x86_64/log/make.log': '',
    'state/netmap/1.0/source/dkms.conf': '',
    'src/netmap-1.0/.netmap-configure': 'digest\n',
  });
  symlinkSync('2.0/6.1.0-1/x86_64', path.join(root, 'state/netmap/kernel-6.1.0-1-x86_64'));
  const calls: string[] = [];
  const { tools, places } = machine(root, calls);
  const plan = await planDkms(TREE, '2.0', undefined, tools, places);
  assert.deepEqual(plan.kernels, ['6.1.0-1', '6.12.9']);
  assert.deepEqual(plan.present, [
    { kernel: '6.1.0-1', state: 'installed' },
    { kernel: '6.12.9', state: 'unfinished' },
  ]);
  assert.deepEqual(plan.replaced, ['1.0']);
  assert.equal(plan.tree.write, true);
  await writeTree(TREE, plan.tree.directory, realFiles);
  const second = await planDkms(TREE, '2.0', '6.12.9', tools, places);
  assert.equal(second.tree.write, false);
  await installDkms({ ...second, present: second.present }, TREE, tools, places);
  assert.deepEqual(calls, [
    'dkms add netmap/2.0',
    'dkms unbuild netmap/2.0 -k 6.12.9',
    'dkms install netmap/2.0 -k 6.12.9',
    'dkms remove netmap/1.0 --all',
  ]);
  assert.deepEqual(readdirSync(path.join(root, 'src')), ['netmap-2.0']);
});

test('modules of make install stop it', async (t) => {
  const root = makeTree(t, { 'modules/6.1/build/include/x': '', 'modules/6.1/updates/netmap.installed': '' });
  const { tools, places } = machine(root);
  await assert.rejects(planDkms(TREE, '2.0', undefined, tools, places), { code: 'installed-otherwise' });
});

test('a tree is written as a whole, and never over something of somebody else', async (t) => {
  const root = makeTree(t, { 'netmap-2.0/mine': 'x', 'netmap-3.0.netmap-new/half': '' });
  await assert.rejects(writeTree(TREE, path.join(root, 'netmap-2.0'), realFiles), { code: 'in-the-way' });
  assert.deepEqual(readdirSync(path.join(root, 'netmap-2.0')), ['mine']);
  const directory = path.join(root, 'netmap-3.0');
  await writeTree(TREE, directory, realFiles);
  assert.equal(
    readFileSync(path.join(directory, '.netmap-configure'), 'utf8').trim(),
    await digestOf(TREE, realFiles),
  );
  assert.deepEqual(readdirSync(root).sort(), ['netmap-2.0', 'netmap-3.0']);
  assert.notEqual(
    await digestOf({ ...TREE, texts: { ...TREE.texts, 'dkms.conf': 'other\n' } }, realFiles),
    await digestOf(TREE, realFiles),
  );
});

test('remove takes trees of ours only', async (t) => {
  const root = makeTree(t, {
    'src/netmap-9/mine': 'x',
    'src/netmap-2.0/.netmap-configure': 'd',
    'cache/2.0/x': '',
  });
  const calls: string[] = [];
  const { tools, places } = machine(root, calls);
  assert.deepEqual(await removeDkms(tools, places), ['2.0']);
  assert.deepEqual(readdirSync(path.join(root, 'src')), ['netmap-9']);
  assert.deepEqual(calls, []);
});
