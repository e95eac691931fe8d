import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { NetmapError } from '../../../src/core/errors.js';
import { realFiles } from '../../../src/core/files.js';
import { packageRoot } from '../../../src/core/paths.js';
import {
  loadManifest,
  type Manifest,
  manifestSchema,
  parseManifest,
} from '../../../src/facts/drivers/manifest.js';
import { kernelVersion } from '../../../src/facts/kernel-tree/version.js';
import { makePatch, patchName, seriesOf } from '../../../src/porting/place/emit.js';
import { planPort } from '../../../src/porting/place/plan.js';
import { mergeRanges, type PortedTree } from '../../../src/porting/prove/range.js';
import { toySource } from '../toy-driver.js';

const FILE = 'r8169_main.c';
const manifest = await loadManifest(path.join(packageRoot, 'test/porting/fixtures/mini-r8169'), realFiles);
/** Those of `lines` that `text` does not have behind the ones before. */
function notInOrder(lines: readonly string[], text: readonly string[]): string[] {
  let at = 0;
  return lines.filter((line) => {
    const found = text.indexOf(line, at);
    if (found < 0) return true;
    at = found + 1;
    return false;
  });
}

const plan = (text: string, rules: Manifest = manifest) => planPort(rules, new Map([[FILE, text]]));

test('a plan places every hook of the rules, and changes nothing else', () => {
  const { placements, refusals, files } = plan(toySource);
  assert.deepEqual(refusals, []);
  assert.deepEqual(
    placements.map(({ hook }) => hook),
    manifest.hooks.map(({ id }) => id),
  );
  const added = placements.map(({ text }) => text.trimEnd().split('\n').length);
  const ported = files.get(FILE) ?? '';
  assert.ok(ported.split('\n').length >= toySource.split('\n').length + Math.max(...added));
  assert.deepEqual(
    notInOrder(toySource.split('\n'), ported.split('\n')),
    [],
    'each line stays, in its order',
  );
});

test('a ported source is recognised, and a second run changes nothing', () => {
  const ported = plan(toySource).files.get(FILE) ?? '';
  const second = plan(ported);
  assert.equal(second.already, true);
  assert.equal(second.files.size, 0);
});

test('a source with a hook in another place is refused', () => {
  const ported = plan(toySource).files.get(FILE) ?? '';
  const hook = '#ifdef DEV_NETMAP\n\tre_netmap_reset(tp);\n#endif /* DEV_NETMAP */\n';
  const moved = ported.replace(hook, '').replace('\trtl_hw_start(tp);\n}', `${hook}\trtl_hw_start(tp);\n}`);
  assert.notEqual(moved, ported);
  assert.deepEqual(
    plan(moved).refusals.map(({ reason }) => reason),
    ['already-ported'],
  );
});

test('a source with a hook missing is refused', () => {
  const ported = plan(toySource).files.get(FILE) ?? '';
  const hook = '#ifdef DEV_NETMAP\n\tre_netmap_reset(tp);\n#endif /* DEV_NETMAP */\n';
  assert.equal(plan(ported.replace(hook, '')).refusals[0]?.reason, 'already-ported');
});

test('one hook without a place, and no file is changed', () => {
  const { refusals, files, placements } = plan(toySource.replaceAll('rtl_tx', 'rtl_transmit'));
  assert.equal(files.size, 0);
  assert.ok(placements.length > 0);
  const gone = refusals.find(({ hook }) => hook === 'tx-irq');
  assert.equal(gone?.reason, 'function-gone');
  assert.ok(gone?.similar.includes('rtl_transmit'));
  assert.equal(gone?.manifest, `hooks[${manifest.hooks.findIndex(({ id }) => id === 'tx-irq')}].functions`);
});

test('a new way to hand descriptors to the NIC is refused by the census', () => {
  const strange = toySource.replace(
    'static void rtl8169_doorbell',
    'static void strange(struct RxDesc *d)\n{\n\trtl8169_mark_to_asic(d);\n}\n\nstatic void rtl8169_doorbell',
  );
  const [refusal] = plan(strange).refusals;
  assert.equal(refusal?.role, 'census');
  assert.match(refusal?.what ?? '', /strange/);
});

test('a pointer to a counted function is refused by the census', () => {
  const table =
    'static void (*const fill)(struct RxDesc *) = rtl8169_mark_to_asic;\n\nstatic void rtl8169_doorbell';
  assert.match(
    plan(toySource.replace('static void rtl8169_doorbell', table)).refusals[0]?.what ?? '',
    /file scope/,
  );
});

test('an include below a hook is refused', () => {
  const rules = structuredClone(manifest);
  const include = rules.hooks.find(({ role }) => role === 'include');
  assert.ok(include);
  include.functions = ['rtl_tx'];
  assert.ok(plan(toySource, rules).refusals.some(({ reason }) => reason === 'include-below-hook'));
});

test('a missing file is refused', () => {
  assert.equal(planPort(manifest, new Map()).refusals[0]?.reason, 'file-missing');
});

test('patch names and series', () => {
  const { from, to } = seriesOf(kernelVersion(6, 1, 192));
  assert.equal(patchName(manifest, from, to), 'vanilla--realtek--60100--60200');
  assert.equal(
    patchName(manifest, kernelVersion(5, 10, 0), kernelVersion(7, 4, 0)),
    'vanilla--realtek--50a00--70400',
  );
});

function tree(minor: number, text: string): PortedTree {
  const before = new Map([[FILE, text]]);
  const after = plan(text).files;
  return { version: kernelVersion(6, minor, 3), before, after, patch: makePatch(manifest, before, after) };
}

test('one patch for neighbouring kernels for which it is exact, another where the context differs', () => {
  const shifted = toySource.replace(
    'static void rtl8169_doorbell',
    '/* more */\n\nstatic void rtl8169_doorbell',
  );
  const changed = toySource
    .replace('\tu32 cur_rx;', '\tint cur_rx;')
    .replace('\tdirty_tx = tp->dirty_tx;', '\tdirty_tx = READ(tp->dirty_tx);');
  const ranges = mergeRanges(manifest, [tree(12, changed), tree(1, toySource), tree(6, shifted)]);
  assert.deepEqual(
    ranges.map(({ from, to, covers }) => [from.hex, to.hex, covers.length]),
    [
      ['60100', '60700', 2],
      ['60c00', '60d00', 1],
    ],
  );
});

/** A manifest with everything writable, to spoil it. */
interface Loose {
  hooks: Record<string, unknown>[];
  files: string[];
  expectRefs: { hooks: string[] }[];
}

const invalid: [title: string, change: (value: Loose) => void, message: RegExp][] = [
  [
    'a role without hook and waiver',
    (m) => (m.hooks = m.hooks.filter((h) => h.role !== 'ring-reset')),
    /ring-reset: add one, or a waiver/,
  ],
  ['an id twice', (m) => m.hooks.push({ ...m.hooks[0] }), /used twice/],
  [
    'a file that is not listed',
    (m) => Object.assign(m.hooks[0] ?? {}, { file: 'other.c' }),
    /not among files/,
  ],
  ['a path out of the driver', (m) => (m.files[0] = '../x.c'), /below the driver/],
  [
    'text and variants',
    (m) => Object.assign(m.hooks[0] ?? {}, { variants: [{ whenSignature: 'x', text: 'y' }] }),
    /either text or variants/,
  ],
  ['an unknown member', (m) => Object.assign(m.hooks[0] ?? {}, { atLine: 3 }), /atLine/],
  ['proof of no hook', (m) => m.expectRefs[0]?.hooks.push('none'), /no hook none/],
];

for (const [title, change, message] of invalid)
  test(`manifest refused: ${title}`, () => {
    const value = structuredClone(manifest) as unknown as Loose;
    change(value);
    assert.throws(
      () => parseManifest(JSON.stringify(value), 'm.json'),
      (error) =>
        error instanceof NetmapError &&
        error.code === 'manifest-invalid' &&
        message.test(error.problem.why ?? ''),
    );
  });

test('the manifests of the package are valid', async () => {
  const real = await loadManifest(path.join(packageRoot, 'drivers/realtek'), realFiles);
  assert.ok(manifestSchema.safeParse(real).success);
});
