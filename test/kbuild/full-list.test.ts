import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { makeTree } from '../support/tree.js';
import { kernel, run } from './fixture.js';

const program = path.join(packageRoot, 'bin/netmap-configure.js');
const INTEL = 'drivers/net/ethernet/intel';

/** The classic default list in the order it is printed: name, symbol, place in the sources, a file, module. */
const classic: readonly (readonly [string, string, string, string, string])[] = [
  ['mlx5', 'CONFIG_MLX5_CORE_EN', 'drivers/net/ethernet/mellanox/mlx5', 'core/main.c', 'mlx5_core'],
  ['vmxnet3', 'CONFIG_VMXNET3', 'drivers/net/vmxnet3', 'vmxnet3_drv.c', 'vmxnet3'],
  ['i40e', 'CONFIG_I40E', `${INTEL}/i40e`, 'i40e_main.c', 'i40e'],
  ['ice', 'CONFIG_ICE', `${INTEL}/ice`, 'ice_main.c', 'ice'],
  ['ixgbevf', 'CONFIG_IXGBEVF', `${INTEL}/ixgbevf`, 'ixgbevf_main.c', 'ixgbevf'],
  ['ixgbe', 'CONFIG_IXGBE', `${INTEL}/ixgbe`, 'ixgbe_main.c', 'ixgbe'],
  ['igc', 'CONFIG_IGC', `${INTEL}/igc`, 'igc_main.c', 'igc'],
  ['igb', 'CONFIG_IGB', `${INTEL}/igb`, 'igb_main.c', 'igb'],
  ['e1000e', 'CONFIG_E1000E', `${INTEL}/e1000e`, 'netdev.c', 'e1000e'],
  ['e1000', 'CONFIG_E1000', `${INTEL}/e1000`, 'e1000_main.c', 'e1000'],
  ['veth.c', 'CONFIG_VETH', 'drivers/net/veth.c', '', 'veth'],
  ['forcedeth.c', 'CONFIG_FORCEDETH', 'drivers/net/ethernet/nvidia/forcedeth.c', '', 'forcedeth'],
  ['virtio_net.c', 'CONFIG_VIRTIO_NET', 'drivers/net/virtio_net.c', '', 'virtio_net'],
  ['realtek', 'CONFIG_R8169', 'drivers/net/ethernet/realtek', 'r8169_main.c', 'r8169'],
  ['stmmac', 'CONFIG_STMMAC_ETH', 'drivers/net/ethernet/stmicro/stmmac', 'stmmac_main.c', 'stmmac'],
];

/** Drivers that netmap was never ported to before come ahead of them. */
const isClassic = (name: string) => classic.some(([known]) => known === name);

/** A patch that fits: one comment at the top of the driver's main file. */
function smallPatch(sources: string, [name, , place, file]: (typeof classic)[number]): string {
  const lines = readFileSync(path.join(sources, place, file), 'utf8')
    .split('\n')
    .slice(0, 3);
  const entry = path.join(name, file);
  return [
    `--- a/${entry}`,
    `+++ b/${entry}`,
    '@@ -1,3 +1,4 @@',
    '+/* hooks */',
    ...lines.map((line) => ` ${line}`),
    '',
  ].join('\n');
}

for (const series of ['6.1', '6.12'] as const) {
  test(`the whole default list on ${series}: drivers.mak, modules and where they are installed`, async (t) => {
    const { buildDir, sourceDir, release } = await kernel(series);
    const build = makeTree(t, {});
    const patches = path.join(build, 'patches');
    mkdirSync(patches);
    for (const row of classic)
      writeFileSync(path.join(patches, `vanilla--${row[0]}--50a00--99999`), smallPatch(sourceDir, row));
    const where = [`--kernel-dir=${buildDir}`, `--kernel-sources=${sourceDir}`, '--no-ext-drivers'];
    const result = run(build, program, [...where, '--no-drivers=8139cp.c', '--stored-patches-only']);
    assert.equal(result.status, 0, result.output);

    const lines = readFileSync(path.join(build, 'drivers.mak'), 'utf8').trimEnd().split('\n');
    assert.deepEqual(
      lines.filter((line) => isClassic(line.split('@')[0] as string)),
      classic.flatMap(([name, conf, place]) => [
        `${name}@conf := ${conf}`,
        `${name}@src := cp -Rp ${sourceDir}/${place} ${name}`,
        `${name}@patch := patches/vanilla--${name}--50a00--99999`,
      ]),
    );
    const names = (variable: string) => run(build, 'make', ['-s', variable]).output.trim().split(/\s+/);
    assert.deepEqual(
      names('+S_DRIVERS').filter(isClassic),
      classic.map(([name]) => name),
    );
    const modules = classic.map(([name, , , file, module]) => `${file === '' ? '' : `${name}/`}${module}.ko`);
    for (const module of ['netmap.ko', ...modules]) assert.ok(names('+modules').includes(module), module);
    const symbols = names('+MOD_LIST');
    for (const [, conf] of classic) assert.ok(symbols.includes(`${conf}=m`), conf);

    const planned = run(build, 'make', ['-n', 'install-netmap', 'MODPATH=/stage']).output;
    for (const [name, , , file] of classic) {
      const folder = file === '' ? 'updates' : `updates/${name}`;
      const line = planned
        .split('\n')
        .find((text) => text.includes('modules_install') && text.includes(installFolder(build, name)));
      assert.match(line ?? '', new RegExp(`INSTALL_MOD_DIR=${folder}( |$)`), name);
    }
    assert.ok(release.startsWith(series));
  });

  test(`the whole default list on ${series} as the package is: each driver has a patch or is reported`, async (t) => {
    const { buildDir, sourceDir } = await kernel(series);
    const build = makeTree(t, {});
    const where = [`--kernel-dir=${buildDir}`, `--kernel-sources=${sourceDir}`, '--no-ext-drivers', '--json'];
    const { status, output } = run(build, program, where);
    assert.equal(status, 0, output);
    const { drivers } = JSON.parse(output) as { drivers: Record<string, string>[] };
    assert.deepEqual(
      drivers.map(({ driver }) => driver as string).filter(isClassic),
      classic.map(([name]) => name),
    );
    const made = readFileSync(path.join(build, 'drivers.mak'), 'utf8');
    for (const { driver, requested, result, code, reason, nextStep } of drivers) {
      assert.equal(requested, 'default');
      assert.equal(made.includes(`${driver}@conf := `), result === 'native', driver);
      if (result === 'native') continue;
      assert.equal(result, 'dropped');
      assert.ok(['no-patch', 'patch-does-not-fit', 'not-configured'].includes(code as string), driver);
      assert.ok(reason && nextStep, driver);
    }
    assert.ok(drivers.some(({ driver, result }) => driver === 'realtek' && result === 'native'));
  });
}

/** The folder that the kernel's make is told to install from. */
function installFolder(build: string, name: string): string {
  return name.endsWith('.c') ? `M=${build}/build-drivers/${name.slice(0, -2)} ` : `M=${build}/${name} `;
}
