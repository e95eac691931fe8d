import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { NetmapError } from '../../../src/core/errors.js';
import { realFiles } from '../../../src/core/files.js';
import { packageRoot } from '../../../src/core/paths.js';
import { loadManifest } from '../../../src/facts/drivers/manifest.js';
import { type Reference, readReferences } from '../../../src/porting/prove/elf.js';
import {
  callsOfHook,
  proofFlags,
  proveHooks,
  proveObjects,
  strayReferences,
} from '../../../src/porting/prove/object-proof.js';

const manifest = await loadManifest(path.join(packageRoot, 'test/porting/fixtures/mini-r8169'), realFiles);
const work = mkdtempSync(path.join(os.tmpdir(), 'netmap-object-'));
after(() => rmSync(work, { recursive: true, force: true }));

const source = `
int netmap_attach(void *); int netmap_rx_irq(void *, int, int *);
static __attribute__((unused)) int helper(void *p) { return netmap_rx_irq(p, 0, 0); }
static int rtl_rx(void *p, int n) { if (helper(p)) return 1; return n; }
int rtl8169_poll(void *p) { return rtl_rx(p, 3); }
static int rtl_init_one(void *p) { return netmap_attach(p); }
int (*probe)(void *) = rtl_init_one;
`;

function compile(...flags: string[]): Reference[] {
  const c = path.join(work, 'x.c');
  const o = path.join(work, 'x.o');
  writeFileSync(c, source);
  execFileSync('gcc', ['-c', '-O2', ...flags, c, '-o', o]);
  return readReferences(readFileSync(o));
}

test('relocations tell which function uses which symbol', () => {
  const inlined = compile();
  assert.ok(inlined.some(({ from, symbol }) => from === 'rtl8169_poll' && symbol === 'netmap_rx_irq'));
  assert.ok(inlined.some(({ from, symbol }) => from === 'rtl_init_one' && symbol === 'netmap_attach'));
  assert.ok(!inlined.some(({ from }) => from === 'helper'), 'it was inlined');
});

test('the proof flags keep every function and every call apart', () => {
  const apart = compile(...proofFlags);
  for (const [from, symbol] of [
    ['rtl8169_poll', 'rtl_rx'],
    ['rtl_rx', 'helper'],
    ['helper', 'netmap_rx_irq'],
  ])
    assert.ok(
      apart.some((one) => one.from === from && one.symbol === symbol),
      `${from} -> ${symbol}`,
    );
});

test('what is no object is refused', () => {
  for (const bytes of [
    Buffer.from(''),
    Buffer.from('#!/bin/sh\n'),
    readFileSync(path.join(work, 'x.o')).subarray(0, 900),
  ])
    assert.throws(
      () => readReferences(bytes),
      (error) => error instanceof NetmapError && error.code === 'object-unreadable',
    );
});

test('the calls of a hook', () => {
  assert.deepEqual(
    callsOfHook('#ifdef X\n\tif (netmap_tx_irq(dev, 0) != NM_IRQ_PASS)\n\t\treturn;\n#endif'),
    ['netmap_rx_irq'],
  );
  assert.deepEqual(callsOfHook('\t/* no(call) */ a_netmap_attach(tp);\n'), ['a_netmap_attach']);
});

const expected = manifest.expectRefs.flatMap(({ object, symbol, functions, atLeast }) =>
  Array.from({ length: atLeast }, () => ({ object, from: functions[0] as string, symbol })),
);
const objects = (references: typeof expected): Map<string, Reference[]> =>
  new Map(
    [...new Set(references.map(({ object }) => object))].map((object) => [
      object,
      references.filter((one) => one.object === object),
    ]),
  );

test('an object with every reference is proved; one less and it is not', () => {
  assert.ok(proveObjects(manifest, objects(expected), new Map()).every(({ ok }) => ok));
  for (const [index] of expected.entries())
    assert.ok(proveObjects(manifest, objects(expected.toSpliced(index, 1)), new Map()).some(({ ok }) => !ok));
});

test('a reference in the unmodified object, or from a strange function, is no proof', () => {
  assert.ok(proveObjects(manifest, objects(expected), objects(expected)).every(({ ok }) => !ok));
  const strange = expected.map((one) => ({ ...one, from: 'ixgbe_init_module' }));
  assert.ok(proveObjects(manifest, objects(strange), new Map()).every(({ ok }) => !ok));
  assert.equal(strayReferences(manifest, objects(strange)).length, strange.length);
});

test('a hook is proved by a call from its own function only', () => {
  const placement = {
    hook: 'x',
    role: 'attach',
    file: 'x.c',
    function: 'rtl_rx',
    signature: '',
    line: 1,
    text: '\thelper(p);\n',
    why: '',
  } as const;
  const references = new Map([['x.o', compile(...proofFlags)]]);
  const files = new Map([['x.c', source]]);
  assert.ok(proveHooks([placement], references, files)[0]?.ok);
  assert.ok(!proveHooks([{ ...placement, function: 'rtl8169_poll' }], references, files)[0]?.ok);
});

test('a hook in an inline function is proved by the callers that it went into', () => {
  const text = '\thelper(p);\n';
  const placement = {
    hook: 'x',
    role: 'other',
    file: 'x.c',
    function: 'start',
    signature: '',
    line: 1,
    text,
    why: '',
  } as const;
  const calls = (from: string) => new Map([['x.o', [{ from, symbol: 'helper' }]]]);
  const files = new Map([
    [
      'x.c',
      'static inline void start(void *p)\n{\n\thelper(p);\n}\nvoid open(void *p)\n{\n\tstart(p);\n}\nvoid other(void *p)\n{\n}\n',
    ],
  ]);
  assert.ok(proveHooks([placement], calls('open'), files)[0]?.ok);
  assert.ok(!proveHooks([placement], calls('other'), files)[0]?.ok);
});
