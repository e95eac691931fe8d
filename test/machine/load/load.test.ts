import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { realFiles } from '../../../src/core/files.js';
import { parseNetmapMak } from '../../../src/machine/load/build-folder.js';
import { type InterfaceState, parseRoutes, restoreCommands } from '../../../src/machine/load/interfaces.js';
import { isFrom, parseModule } from '../../../src/machine/load/module-file.js';
import { withSaved } from '../../../src/machine/load/state.js';
import { findStock } from '../../../src/machine/load/stock.js';
import { makeTree } from '../../support/tree.js';

test('the modules of a build folder: folders, files, suffixes', () => {
  const text =
    'MODNAME:=netmap_x\nDRVSUFFIX = -netmap\nrealtek@module := r8169\n8139cp.c@module := 8139cp\n8139cp.c@bridges := -Ix\n';
  assert.deepEqual(parseNetmapMak(text, '/b'), {
    core: { name: 'netmap_x', file: '/b/netmap_x.ko' },
    drivers: [
      { driver: 'realtek', stock: 'r8169', file: '/b/realtek/r8169-netmap.ko' },
      { driver: '8139cp.c', stock: '8139cp', file: '/b/8139cp-netmap.ko' },
    ],
  });
});

test('what a module says about itself', () => {
  const info = 'license=GPL\0depends=netmap,mdio_devres\0name=r8169\0vermagic=6.12 SMP\0';
  const elf = Buffer.concat([Buffer.from('\u007fELF', 'latin1'), Buffer.from(`\0${info}`, 'latin1')]);
  const facts = parseModule(elf, 'f');
  assert.deepEqual(facts, {
    file: 'f',
    name: 'r8169',
    depends: ['netmap', 'mdio_devres'],
    vermagic: '6.12 SMP',
    signed: false,
  });
  const signed = Buffer.concat([elf, Buffer.from('...~Module signature appended~\n')]);
  assert.equal(parseModule(signed, 'f')?.signed, true);
  assert.equal(parseModule(Buffer.from('not a module'), 'f'), undefined);
  assert.equal(parseModule(Buffer.from('\u007fELF without information', 'latin1'), 'f'), undefined);
});

test('a loaded module is known by its build ID', async (t) => {
  const root = makeTree(t, {
    'module/r8169/notes/.note.gnu.build-id': `${'h'.repeat(16)}0123456789`,
    'ours.ko': `ELF${'h'.repeat(16)}0123456789...`,
    'other.ko': `ELF${'h'.repeat(16)}9876543210...`,
    'module/old/x': '',
  });
  assert.equal(await isFrom('r8169', path.join(root, 'ours.ko'), realFiles, root), true);
  assert.equal(await isFrom('r8169', path.join(root, 'other.ko'), realFiles, root), false);
  assert.equal(await isFrom('r8169', path.join(root, 'absent.ko'), realFiles, root), false);
  assert.equal(await isFrom('old', path.join(root, 'ours.ko'), realFiles, root), undefined);
});

test('the stock module is not the one in updates/', () => {
  const dep = [
    'updates/realtek/r8169.ko.xz: updates/netmap.ko.xz',
    'kernel/drivers/net/ethernet/realtek/r8169.ko.xz: kernel/drivers/net/phy/libphy.ko.xz kernel/mdio-devres.ko.xz',
    'kernel/drivers/net/veth.ko:',
  ].join('\n');
  assert.deepEqual(findStock(dep, '/lib/modules/6', 'r8169'), {
    file: '/lib/modules/6/kernel/drivers/net/ethernet/realtek/r8169.ko.xz',
    depends: ['mdio_devres', 'libphy'],
  });
  assert.deepEqual(findStock(dep, '/l', 'veth')?.depends, []);
  assert.equal(findStock(dep, '/l', 'igb'), undefined);
  assert.equal(findStock('updates/igb.ko:\n', '/l', 'igb'), undefined);
});

const state: InterfaceState = {
  name: 'eth0',
  module: 'r8169',
  device: '0000:01:00.0',
  up: true,
  carrier: true,
  mtu: 1400,
  promiscuous: false,
  master: 'br0',
  addresses: [['10.0.0.1/24', 'broadcast', '10.0.0.255']],
  routes: [{ family: '-4', words: ['default', 'via', '10.0.0.2'] }],
};

test('an interface gets back what it had, addresses before routes', () => {
  assert.deepEqual(
    restoreCommands(state, 'eth0').map((words) => words.join(' ')),
    [
      'ip link set dev eth0 mtu 1400',
      'ip link set dev eth0 master br0',
      'ip link set dev eth0 up',
      'ip address replace 10.0.0.1/24 broadcast 10.0.0.255 dev eth0',
      'ip -4 route replace default via 10.0.0.2 dev eth0',
    ],
  );
});

test('a new name is changed back first; an interface that was down stays down, without routes', () => {
  const commands = restoreCommands({ ...state, up: false }, 'eth7').map((words) => words.join(' '));
  assert.deepEqual(commands.slice(0, 2), ['ip link set dev eth7 down', 'ip link set dev eth7 name eth0']);
  assert.ok(!commands.some((line) => line.endsWith(' up') || line.includes('route')));
});

test('routes that come with an address are left to the kernel', () => {
  const text =
    'default via 10.0.0.2 proto static metric 100 linkdown\n10.0.0.0/24 proto kernel scope link src 10.0.0.1\n\n';
  assert.deepEqual(parseRoutes(text), [['default', 'via', '10.0.0.2', 'proto', 'static', 'metric', '100']]);
});

test('what a killed run saved is used for an interface that is bare now, and only then', () => {
  const bare = { ...state, up: false, addresses: [], routes: [] };
  const saved = { interfaces: [state] };
  assert.deepEqual(withSaved([bare], saved, 'r8169'), [state]);
  assert.deepEqual(withSaved([], saved, 'r8169'), [state], 'gone');
  assert.deepEqual(withSaved([], saved, 'igb'), []);
  const changed = { ...state, addresses: [['10.0.0.9/24']] };
  assert.deepEqual(withSaved([changed], saved, 'r8169'), [changed]);
  assert.deepEqual(withSaved([bare], undefined, 'r8169'), [bare]);
});
