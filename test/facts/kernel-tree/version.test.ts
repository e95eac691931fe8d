import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  codeFromHex,
  dottedFromCode,
  kernelVersion,
  parseMakefileVersion,
  parseVersionHeader,
  sameRelease,
} from '../../../src/facts/kernel-tree/version.js';

const table: [string, [number, number, number], string, string][] = [
  ['2.6.32', [2, 6, 32], '20620', '2.6.32'],
  ['3.18', [3, 18, 0], '31200', '3.18'],
  ['4.20', [4, 20, 0], '41400', '4.20'],
  ['6.1.192', [6, 1, 192], '601c0', '6.1.192'],
  ['6.12.95', [6, 12, 95], '60c5f', '6.12.95'],
  ['6.18', [6, 18, 0], '61200', '6.18'],
  ['5.10.262, whose code is clamped', [5, 10, 262], '50aff', '5.10.262'],
];

for (const [title, numbers, hex, dotted] of table) {
  test(`encodes ${title}`, () => {
    const version = kernelVersion(...numbers);
    assert.equal(version.hex, hex);
    assert.equal(version.dotted, dotted);
    assert.equal(codeFromHex(hex), version.code);
  });
}

test('reads version headers with and without an exact sublevel', () => {
  assert.equal(parseVersionHeader('#define LINUX_VERSION_CODE 396383\n')?.dotted, '6.12.95');
  const clamped = '#define LINUX_VERSION_CODE 330495\n#define LINUX_VERSION_SUBLEVEL 262\n';
  assert.equal(parseVersionHeader(clamped)?.dotted, '5.10.262');
  assert.equal(parseVersionHeader('#define NOTHING 1\n'), undefined);
});

test('reads the top Makefile of sources', () => {
  assert.equal(parseMakefileVersion('VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 95\n')?.hex, '60c5f');
  assert.equal(parseMakefileVersion('VERSION = 6\nPATCHLEVEL = 12\n'), undefined);
});

test('compares releases; a clamped patch level is as good as every level from 255 up', () => {
  const header = parseVersionHeader('#define LINUX_VERSION_CODE 330495\n');
  assert.ok(header);
  assert.ok(sameRelease(header, kernelVersion(5, 10, 262)));
  assert.ok(!sameRelease(header, kernelVersion(5, 10, 254)));
  assert.ok(!sameRelease(kernelVersion(5, 10, 257), kernelVersion(5, 10, 262)));
  assert.ok(!sameRelease(kernelVersion(6, 12, 95), kernelVersion(6, 12, 94)));
});

test('names the open end of a range', () => {
  assert.equal(codeFromHex('99999'), Number.POSITIVE_INFINITY);
  assert.equal(codeFromHex('*'), undefined);
  assert.equal(dottedFromCode(Number.POSITIVE_INFINITY), 'any newer');
  assert.equal(dottedFromCode(0x060c5f), '6.12.95');
});
