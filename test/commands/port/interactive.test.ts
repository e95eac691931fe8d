import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { type Dialogue, settle } from '../../../src/commands/port/interactive.js';
import { realFiles } from '../../../src/core/files.js';
import { packageRoot } from '../../../src/core/paths.js';
import { createRunner } from '../../../src/core/runner.js';
import { loadManifest } from '../../../src/facts/drivers/manifest.js';
import { kernelVersion } from '../../../src/facts/kernel-tree/version.js';
import { planPort } from '../../../src/porting/place/plan.js';
import type { DriverSource } from '../../../src/porting/source/driver-source.js';
import { toySource } from '../../porting/toy-driver.js';

const manifest = await loadManifest(path.join(packageRoot, 'test/porting/fixtures/mini-r8169'), realFiles);

/** Settles the refusals of an edited toy driver with the given answers. */
async function settled(text: string, ...answers: string[]) {
  const files = new Map([['r8169_main.c', text]]);
  const source: DriverSource = { tree: '/none', folder: '/none', version: kernelVersion(6, 1, 0), files };
  const printed: string[] = [];
  const dialogue: Dialogue = {
    ask: async () => answers.shift(),
    edit: () => assert.fail('no editor was asked for'),
    say: (line) => void printed.push(line),
    close: () => undefined,
  };
  const tools = { runner: createRunner(), files: realFiles };
  const makeWork = () => assert.fail('no work folder was asked for');
  const plan = planPort(manifest, files);
  const open = { manifest, manifestFile: 'manifest.json', source, plan, earlier: [], makeWork };
  const { plan: end } = await settle(open, dialogue, tools);
  return { plan: end, printed: printed.join('\n') };
}

const renamed = toySource.replaceAll('rtl8169_rx_clear', 'rtl8169_rx_clear_ring');

test('a renamed function is chosen from the similar ones, and marked for review', async () => {
  const first = planPort(manifest, new Map([['r8169_main.c', renamed]]));
  const number = (first.refusals[0]?.similar.indexOf('rtl8169_rx_clear_ring') ?? -1) + 1;
  assert.ok(number > 0);
  const { plan, printed } = await settled(renamed, String(number));
  assert.match(printed, /the function is now rtl8169_rx_clear_ring/);
  assert.deepEqual(plan.refusals, []);
  assert.equal(plan.placements.find(({ hook }) => hook === 'ring-clear')?.review, 'chosen by hand');
});

test('an anchor is chosen from the candidates, and marked for review', async () => {
  const changed = toySource.replace('\trtl_set_rx_max_size(tp);\n', '\trtl_set_rx_max_size(tp, 0);\n');
  const { plan, printed } = await settled(changed, '1');
  assert.match(printed, /1\) in front of line \d+: rtl_set_rx_max_size\(tp, 0\);/);
  assert.deepEqual(plan.refusals, []);
  assert.equal(plan.placements.find(({ hook }) => hook === 'rx-max-size')?.review, 'chosen by hand');
  assert.equal(plan.files.size, 1);
});

test('giving up, a wrong number and the end of input change nothing', async () => {
  assert.equal((await settled(renamed, 'q')).plan.files.size, 0);
  assert.match((await settled(renamed, '99', 'q')).printed, /there is no choice 99/);
  assert.ok((await settled(renamed)).plan.refusals.length > 0);
});
