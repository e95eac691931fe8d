import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { realFiles } from '../../../src/core/files.js';
import { packageRoot } from '../../../src/core/paths.js';
import { createRunner } from '../../../src/core/runner.js';
import { installedFiles } from '../../../src/machine/load/loaded-file.js';
import { parsePorts } from '../../../src/machine/load/ports.js';
import { readStatus } from '../../../src/machine/load/status.js';
import { renderStatus } from '../../../src/machine/load/status-text.js';
import { makeTree } from '../../support/tree.js';

const tools = { files: realFiles, runner: createRunner() };
const NOTE = 'h'.repeat(16);

const user = (pid: number, comm: string, tx: number[], rx: number[], exclusive = false) => ({
  pid,
  comm,
  tx,
  rx,
  exclusive,
});
const port = (name: string, kind: string, users: object[], more: object = {}) =>
  JSON.stringify({
    port: name,
    kind,
    netmap: users.length > 0,
    gone: false,
    busy: false,
    region: 1,
    tx_rings: 4,
    rx_rings: 2,
    tx_slots: 256,
    rx_slots: 512,
    host_dropped: 7,
    users,
    rings: [],
    ...more,
  });

/** A machine with a native NIC that two programs share, an emulated one on a switch, a pipe, and a bystander. */
function machine(t: TestContext): string {
  const base = `lib/modules/${os.release()}`;
  const root = makeTree(t, {
    'sys/module/netmap/refcnt': '1\n',
    'sys/module/netmap/notes/.note.gnu.build-id': `${NOTE}0123`,
    'sys/module/netmap/holders/r8169/x': '',
    'sys/module/r8169/notes/.note.gnu.build-id': `${NOTE}4567`,
    'sys/class/net/eth0/flags': '0x1003\n',
    'sys/class/net/eth0/device/driver/x': '',
    'sys/class/net/veth1/flags': '0x1002\n',
    'sys/class/net/lo/flags': '0x9\n',
    'sys/class/net/lo/queues/rx-0/x': '',
    'sys/class/net/lo/queues/tx-0/x': '',
    'sys/kernel/debug/netmap/ports': [
      port('eth0', 'native', [user(42, 'pkt-gen', [0, 4], [0, 2]), user(43, 'lb', [0, 0], [1, 3], true)]),
      port('veth1', 'emulated', [], { busy: true, netmap: true }),
      port('x{1', 'software', [user(44, 'a b', [0, 1], [0, 1])], { tx_rings: 1, rx_rings: 1, region: 9 }),
      'not a line of it',
      '',
    ].join('\n'),
    [`${base}/modules.dep`]:
      'updates/netmap.ko:\nkernel/r8169.ko.xz: kernel/x.ko\nupdates/r8169.ko: updates/netmap.ko\n',
    [`${base}/updates/netmap.ko`]: `ELF${NOTE}other`,
    [`${base}/updates/r8169.ko`]: `ELF${NOTE}4567...`,
    'proc/42/comm': 'pkt-gen\n',
    'proc/45/comm': 'bash\n',
  });
  symlinkSync('../../../../../module/r8169', path.join(root, 'sys/class/net/eth0/device/driver/module'));
  for (const [pid, target] of [
    ['42', '/dev/netmap'],
    ['45', '/dev/null'],
  ] as const) {
    mkdirSync(path.join(root, 'proc', pid, 'fd'));
    symlinkSync(target, path.join(root, 'proc', pid, 'fd/3'));
  }
  return root;
}

test('status: what serves each interface, its rings, who uses it, and where modules come from', async (t) => {
  const root = machine(t);
  const status = await readStatus(tools, root);
  const text = renderStatus(status).replaceAll(root, '').replaceAll(os.release(), 'RELEASE');
  assert.equal(
    text,
    [
      'netmap.ko: loaded (build ID 30313233)',
      'used by: pkt-gen (42)',
      '',
      'interface  driver  netmap    rings tx/rx  state  in use by',
      'eth0       r8169   native    4/2          up     pkt-gen (42) tx 0-3 rx 0-1, lb (43) rx 1+host exclusive',
      'lo         -       emulated  1/1          up     -',
      'veth1      -       emulated  4/2          down   a switch',
      '',
      'other port  region  rings tx/rx  in use by',
      'x{1         9       1/1          a b (44) tx 0 rx 0',
      '',
      'module  signature  file',
      'netmap  ?          loaded from a file that is not known here',
      'r8169   none       /lib/modules/RELEASE/updates/r8169.ko',
      '',
    ].join('\n'),
  );
  const [eth0] = status.interfaces;
  assert.deepEqual(eth0?.port?.slots, { tx: 256, rx: 512 });
  assert.equal(eth0?.port?.hostDropped, 7);
  assert.deepEqual(eth0?.port?.users[1], {
    pid: 43,
    program: 'lb',
    tx: [0, 0],
    rx: [1, 3],
    exclusive: true,
  });
  assert.deepEqual(JSON.parse(JSON.stringify(status)), status, 'it is a plain document');
});

test('status without netmap.ko, and without the right to see ports', async (t) => {
  const root = makeTree(t, { 'sys/class/net/lo/flags': '0x9\n' });
  const idle = renderStatus(await readStatus(tools, root));
  assert.equal(
    idle,
    [
      'netmap.ko: not loaded',
      'used by: nobody',
      '',
      'interface  driver  netmap  rings tx/rx  state  in use by',
      'lo         -       none    0/0          up     -',
      '',
    ].join('\n'),
  );
  const loaded = makeTree(t, { 'sys/module/netmap/refcnt': '0\n' });
  assert.match(renderStatus(await readStatus(tools, loaded)), /that takes root, and debugfs/);
});

test('status --json of this machine is one document', () => {
  const program = path.join(packageRoot, 'bin/netmap-configure.js');
  const text = execFileSync(process.execPath, [program, 'status', '--json'], { encoding: 'utf8' });
  assert.deepEqual(Object.keys(JSON.parse(text) as object), [
    'core',
    'interfaces',
    'ports',
    'portsKnown',
    'users',
  ]);
});

test('a line as the module writes it', () => {
  // Of Linux 6.12, while a program had an emulated port open.
  const line =
    '{"port":"eth0","kind":"emulated","netmap":true,"gone":false,"busy":false,"region":1,"tx_rings":1,"rx_rings":1,"tx_slots":256,"rx_slots":256,"host_dropped":0,"users":[{"pid":162,"comm":"emulated","tx":[0,2],"rx":[0,2],"exclusive":false}],"rings":[{"dir":"rx","ring":0,"mode":"netmap","users":1,"host":false,"exclusive":false,"stopped":false,"slots":256,"hwcur":0,"hwtail":0,"accepted":0,"head":0,"cur":0,"tail":0}]}';
  assert.deepEqual(parsePorts(line), [
    {
      name: 'eth0',
      kind: 'emulated',
      inNetmap: true,
      attached: false,
      region: 1,
      rings: { tx: 1, rx: 1 },
      slots: { tx: 256, rx: 256 },
      hostDropped: 0,
      users: [{ pid: 162, program: 'emulated', tx: [0, 2], rx: [0, 2], exclusive: false }],
    },
  ]);
});

test('damaged lines of the module are left out', () => {
  assert.deepEqual(parsePorts('{\n{"port":"x"}\n\n'), []);
  assert.equal(parsePorts(port('x', 'native', [])).length, 1);
});

test('modules of a name in modules.dep, compressed ones too', () => {
  const text =
    'updates/8139cp.ko: a.ko\nkernel/8139cp.ko.zst:\nkernel/8139cp-x.ko:\nkernel/virtio-net.ko.xz:\n';
  assert.deepEqual(installedFiles(text, '8139cp'), ['updates/8139cp.ko', 'kernel/8139cp.ko.zst']);
  assert.deepEqual(installedFiles(text, 'virtio_net'), ['kernel/virtio-net.ko.xz']);
});
