import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classicDrivers } from '../../../src/facts/drivers/catalogue.js';
import { sourceCommand, vendorBuild } from '../../../src/facts/external/makefile.js';
import { parseSums } from '../../../src/facts/external/sums.js';
import { findVendor, patchName, type Vendor, vendors } from '../../../src/facts/external/vendors.js';
import { chooseVersion, compareVersions, patchedVersions } from '../../../src/facts/external/versions.js';
import { parseNetmapMak } from '../../../src/machine/load/build-folder.js';

const vendor = (name: string) => findVendor(name) as Vendor;

test('every driver of the classic external set has a row, and no other', () => {
  const external = classicDrivers.filter((driver) => driver.external).map(({ name }) => name);
  assert.deepEqual(vendors.map(({ driver }) => driver).sort(), external.sort());
});

test('default versions, archives, folders and patches are those of the classic script', () => {
  const rows = vendors.map((row) => [
    row.driver,
    row.archive(row.version),
    row.folder(row.version),
    patchName(row, row.version),
  ]);
  const intel = (d: string, v: string) => [
    d,
    `${d}/v${v}.zip`,
    `ethernet-linux-${d}-${v}`,
    `intel--${d}--${v}`,
  ];
  assert.deepEqual(rows, [
    ['virtio_net.c', 'virtio_net.c', undefined, 'custom--virtio_net.c--4.9'],
    ['e1000e', 'e1000e-3.8.7.tar.gz', 'e1000e-3.8.7', 'intel--e1000e--3.8.7'],
    intel('igb', '5.10.2'),
    intel('ixgbe', '5.15.2'),
    intel('ixgbevf', '4.15.1'),
    intel('ice', '1.9.11'),
    intel('i40e', '2.19.3'),
    ['mlx5', 'MLNX_EN_SRC-debian-5.8-3.0.7.0.tgz', 'mlnx-en-5.8', 'mellanox--mlx5--5.8'],
  ]);
});

const variables: [string, string, RegExp[]][] = [
  [
    'e1000e',
    '3.8.7',
    [/@cflags = -fno-pie$/m, /@prepare = .*intel-fix\.sh e1000e$/m, /@distclean = rm -rf e1000e-3\.8\.7 /m],
  ],
  ['ixgbe', '5.20.10', [/@cflags = \$\(addprefix -Wno-,/m, /@build = \$\(MAKE\) .*-C ixgbe CFLAGS_EXTRA="/m]],
  [
    'ice',
    '2.2.9',
    [/@install = .* -C ice install .*INSTALL_MOD_PATH=\$\(MODPATH\)/m, /^ice@v \?= 2\.2\.9$/m],
  ],
  [
    'mlx5',
    '5.8-3.0.7.0',
    [
      /^mlx5@pv \?= 5\.8$/m,
      /@prepare = test -e mlx5\/config\.mk \|\| \{ cd mlx5 && scripts\/mlnx_en_patch\.sh -s \$\(KSRC\) -?/m,
      /@install = .* -C mlx5 install_modules EXTRA_CFLAGS=/m,
      /@cflags = -Wframe-larger-than=2000$/m,
    ],
  ],
  [
    'virtio_net.c',
    '4.9',
    [/@build = \$\(if \$\(EXTRA_CFLAGS\),.* -C virtio_net\.c .*,:\)$/m, /@distclean = :$/m],
  ],
];
for (const [driver, version, patterns] of variables) {
  test(`variables of ${driver} ${version}`, () => {
    const { variables: text } = vendorBuild(vendor(driver), version, '/tree');
    for (const pattern of [...patterns, /@force := 1$/m, /@fetch = test -d \/tree \|\|/m])
      assert.match(text, pattern);
  });
}

test('intel-fix.sh is for exactly the versions that need it', () => {
  assert.ok(vendorBuild(vendor('ixgbe'), '5.13.4', '/t').fixed);
  for (const version of ['5.13', '5.14.6', '5.15.2']) {
    const build = vendorBuild(vendor('ixgbe'), version, '/t');
    assert.ok(!build.fixed && !build.variables.includes('@prepare'), version);
  }
});

test('the command that makes the entry, for a folder, its own folder, and a single file', () => {
  const command = (name: string) => sourceCommand(vendor(name), vendor(name).version, '/t');
  assert.equal(command('e1000e'), 'cp -Rp /t e1000e-3.8.7 && ln -sfn e1000e-3.8.7/src e1000e');
  assert.equal(command('mlx5'), 'cp -Rp /t mlnx-en-5.8 && ln -sfn mlnx-en-5.8 mlx5');
  assert.equal(command('virtio_net.c'), 'cp -Rp /t virtio_net.c');
});

test('versions are compared by number, part by part', () => {
  const sorted = ['5.3.5', '5.3.5.4', '5.3.5.10', '5.3.6', '5.10.2', '5.10.2-1'];
  assert.deepEqual([...sorted].reverse().sort(compareVersions), sorted);
});

test('the version: asked for, else the default one, else the newest; only what has a patch', async () => {
  const folders: Record<string, string[]> = {
    '/a': [
      'intel--igb--5.3.5.4',
      'intel--igb--5.3.5.10',
      'intel--igbx--9',
      'vanilla--igb--31200--99999',
      'intel--igb--../9',
    ],
    '/b': ['intel--igb--5.3.5.4', 'intel--igb--5.10.2', 'mellanox--mlx5--5.8'],
  };
  const list = async (folder: string) => folders[folder] ?? [];
  const igb = vendor('igb');
  const first = await patchedVersions(igb, ['/a'], { list });
  assert.deepEqual(
    first.map(({ version }) => version),
    ['5.3.5.10', '5.3.5.4'],
  );
  assert.equal(chooseVersion(igb, undefined, first), '5.3.5.10');
  const both = await patchedVersions(igb, ['/a', '/b'], { list });
  assert.equal(chooseVersion(igb, undefined, both), '5.10.2');
  assert.equal(both.find(({ version }) => version === '5.3.5.4')?.directory, '/a');
  assert.equal(chooseVersion(igb, '7', both), '7');
  assert.equal(chooseVersion(igb, undefined, []), undefined);
  const mlx5 = vendor('mlx5');
  assert.equal(chooseVersion(mlx5, undefined, await patchedVersions(mlx5, ['/b'], { list })), '5.8-3.0.7.0');
});

test('SHA256SUMS as sha256sum writes it; other lines mean nothing', () => {
  const digest = 'A'.repeat(64);
  const sums = parseSums(
    `# mine\n${digest}  ./igb/v1.zip\n${digest} *x\n${digest.slice(1)}  short\n$(touch pwned)\n`,
  );
  assert.deepEqual([...sums.keys()], ['igb/v1.zip', 'x']);
  assert.equal(sums.get('x'), 'a'.repeat(64));
});

test('load finds modules of vendors where their makefiles leave them', () => {
  const mlx5 = vendor('mlx5').module;
  const text = `MODNAME:=netmap\nE_DRIVERS = mlx5 virtio_net.c\nDRVSUFFIX = -nm\nmlx5@module := ${mlx5}\nvirtio_net.c@module := virtio_net\nveth.c@module := veth\n`;
  assert.deepEqual(
    parseNetmapMak(text, '/b').drivers.map(({ stock, file }) => [stock, file]),
    [
      ['mlx5_core', `/b/mlx5/${mlx5}-nm.ko`],
      ['virtio_net', '/b/virtio_net.c/virtio_net-nm.ko'],
      ['veth', '/b/veth-nm.ko'],
    ],
  );
});
