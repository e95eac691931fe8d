import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parseNetmapMak } from '../../src/load/build-folder.js';
import { type InterfaceState, parseRoutes, restoreCommands } from '../../src/load/interfaces.js';
import { isFrom, parseModule } from '../../src/load/module-file.js';
import { withSaved } from '../../src/load/state.js';
import { readStatus, renderStatus } from '../../src/load/status.js';
import { findStock } from '../../src/load/stock.js';
import { realFiles } from '../../src/system/files.js';
import { makeTree } from '../support/tree.js';

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
  assert.equal(await isFrom('r8169', path.join(root, 'ours.ko'), root), true);
  assert.equal(await isFrom('r8169', path.join(root, 'other.ko'), root), false);
  assert.equal(await isFrom('r8169', path.join(root, 'absent.ko'), root), false);
  assert.equal(await isFrom('old', path.join(root, 'ours.ko'), root), undefined);
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

test('status: native, emulated, users', async (t) => {
  const root = makeTree(t, {
    'sys/module/netmap/refcnt': '1\n',
    'sys/module/netmap/notes/.note.gnu.build-id': `${'h'.repeat(16)}0123`,
    'sys/module/netmap/holders/r8169/x': '',
    'sys/module/r8169/x': '',
    'sys/class/net/eth0/flags': '0x1003\n',
    'sys/class/net/eth0/queues/rx-0/x': '',
    'sys/class/net/eth0/queues/tx-0/x': '',
    'sys/class/net/eth0/device/driver/x': '',
    'sys/class/net/veth1/flags': '0x1002\n',
    'proc/42/comm': 'pkt-gen\n',
    'proc/43/comm': 'bash\n',
  });
  symlinkSync('../../../../../module/r8169', path.join(root, 'sys/class/net/eth0/device/driver/module'));
  for (const [pid, target] of [
    ['42', '/dev/netmap'],
    ['43', '/dev/null'],
  ] as const) {
    mkdirSync(path.join(root, 'proc', pid, 'fd'));
    symlinkSync(target, path.join(root, 'proc', pid, 'fd/3'));
  }
  const status = await readStatus(realFiles, root);
  assert.deepEqual(status.users, [{ pid: 42, program: 'pkt-gen' }]);
  assert.equal(
    renderStatus(status),
    [
      'netmap.ko: loaded (build ID 30313233)',
      'used by: pkt-gen (42)',
      '',
      'interface  driver  netmap    rings tx/rx  state',
      'eth0       r8169   native    1/1          up',
      'veth1      -       emulated  0/0          down',
      '',
    ].join('\n'),
  );
});
