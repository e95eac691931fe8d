/*
 * netmap-port-driver as its users run it, on every supported kernel: placed, compiled, proved, and the same as the
 * stored patches. Booting is told apart: test/vm boots the stored patches of most kernels, here the rest are run.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { supportedKernels } from '../porting/kernels.js';
import { makeTree } from '../support/tree.js';
import { run } from './fixture.js';

const program = path.join(packageRoot, 'bin/netmap-port-driver.js');
const stored = path.join(packageRoot, 'final-patches');
const kernels = await supportedKernels();
const nightly = process.env.NETMAP_NIGHTLY === '1';

/** The tests of the virtual machines boot both chips on 6.1 and 6.12. */
const BOOTED_HERE = nightly ? kernels.map(({ series }) => series) : ['5.10', '7.2', '7.3'];

for (const { series, sourceDir, buildDir } of kernels)
  test(`r8169 on ${series}: placed, compiled and proved with no human step`, (t) => {
    const folder = makeTree(t, {});
    const boot = BOOTED_HERE.includes(series) ? ['--run'] : [];
    const words = ['realtek', '--kernel-sources', sourceDir, '--kernel-dir', buildDir, ...boot];
    const { status, output } = run(folder, program, [
      ...words,
      ...['--out', 'out', '--work', path.join(folder, 'work'), '--report', 'report'],
    ]);
    assert.equal(status, 0, output);
    const [file] = readdirSync(path.join(folder, 'report')).filter((name) => name.endsWith('.json'));
    const result = JSON.parse(readFileSync(path.join(folder, 'report', file as string), 'utf8'));
    assert.equal(result.outcome, 'ported');
    assert.equal(result.compile.proved, true);
    assert.deepEqual(result.compile.newWarnings, []);
    if (boot.length > 0) assert.deepEqual(result.run, { state: 'passed', models: ['8168h', '8125b'] });
    const [made] = readdirSync(path.join(folder, 'out'));
    assert.match(made as string, /^vanilla--realtek--\w{5}--\w{5}$/);
  });

test('no stored patch is dead, overlaps another, or differs from what its rules give', () => {
  const { status, output } = run(packageRoot, program, [
    ...['audit', '--patches', stored, '--json', '--kernel-sources'],
    ...kernels.map(({ sourceDir }) => sourceDir),
  ]);
  const { patches, findings } = JSON.parse(output);
  assert.deepEqual(findings, []);
  assert.equal(status, 0);
  assert.ok(patches.length > 0, 'there are patches to look over');
});

for (const driver of ['ethernet/realtek/8139cp.c', 'ethernet/aquantia/atlantic'])
  test(`a new port of ${path.basename(driver)} starts with a skeleton that compiles and is called`, (t) => {
    const { sourceDir, buildDir } = kernels.find(
      ({ series }) => series === '6.12',
    ) as (typeof kernels)[number];
    const folder = makeTree(t, {});
    const rules = path.join(folder, 'rules');
    const made = run(folder, program, ['new', path.join(sourceDir, 'drivers/net', driver), '--out', rules]);
    assert.equal(made.status, 0, made.output);
    const { status, output } = run(folder, program, [
      ...[rules, '--kernel-sources', sourceDir, '--kernel-dir', buildDir],
      ...['--out', 'out', '--work', path.join(folder, 'work')],
    ]);
    assert.equal(status, 0, output);
    for (const role of ['ring-init', 'ring-reset', 'tx-irq', 'rx-irq', 'attach'])
      assert.match(output, new RegExp(`proved ${role}: \\w+ calls \\w+`));
  });
