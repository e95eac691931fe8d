import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeRange, orderCandidates, parsePatchName } from '../../../src/facts/patches/name.js';

test('reads driver and range', () => {
  assert.deepEqual(parsePatchName('vanilla--realtek--60c00--60d00'), {
    file: 'vanilla--realtek--60c00--60d00',
    driver: 'realtek',
    from: 0x060c00,
    to: 0x060d00,
  });
  assert.equal(parsePatchName('vanilla--veth.c--60700--99999')?.to, Number.POSITIVE_INFINITY);
});

for (const wrong of [
  'vanilla--igb--*--60000',
  'vanilla--igb--60000',
  'vanilla--igb--60000--50000',
  'vanilla----60000--60100',
  'intel--igb--5.10.2',
  'vanilla--igb--60000--60100--x',
  'README',
]) {
  test(`is no vanilla patch name: ${wrong}`, () => assert.equal(parsePatchName(wrong), undefined));
}

test('orders by closeness: in range first, then the nearest neighbours', () => {
  const files = [
    'vanilla--realtek--50a00--50b00',
    'vanilla--realtek--60d00--99999',
    'vanilla--realtek--60000--99999',
    'vanilla--realtek--60100--60200',
    'vanilla--realtek--60c00--60d00',
    'vanilla--igb--60c00--60d00',
  ];
  assert.deepEqual(
    orderCandidates(files, 'realtek', 0x060c5f).map(({ file }) => file.slice('vanilla--realtek--'.length)),
    ['60c00--60d00', '60000--99999', '60d00--99999', '60100--60200', '50a00--50b00'],
  );
});

test('describes a range in dotted versions', () => {
  const name = parsePatchName('vanilla--realtek--60c00--99999');
  assert.ok(name);
  assert.equal(describeRange(name), '6.12 up to any newer');
});
