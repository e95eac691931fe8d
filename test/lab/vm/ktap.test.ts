import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseKtap } from '../../../src/lab/vm/ktap.js';

const whole = [
  '# init',
  'KTAP version 1',
  '1..3',
  'ok 1 link is up',
  'not ok 2 - ping: expected 3, got 2',
  'ok 3 offload # SKIP the chip has none',
  '# sent=1000000',
  '# note without a pair',
  '# end',
  '',
];

test('results, skips and data of a whole verdict', () => {
  const outcome = parseKtap(whole.join('\r\n'));
  assert.ok(outcome.complete);
  assert.deepEqual(outcome.report, {
    tests: [
      { name: 'link is up', result: 'ok' },
      { name: 'ping: expected 3, got 2', result: 'not ok' },
      { name: 'offload', result: 'skip', reason: 'the chip has none' },
    ],
    data: { sent: '1000000' },
  });
});

test('a verdict that breaks off anywhere is none', () => {
  for (let lines = 0; lines < whole.length - 2; lines++) {
    const outcome = parseKtap(whole.slice(0, lines).join('\n'));
    assert.equal(outcome.complete, false, `after ${lines} lines`);
  }
});

test('a plan that does not fit, and results out of order, are no verdict', () => {
  const short = parseKtap('KTAP version 1\n1..2\nok 1 a\n# end\n');
  assert.deepEqual(short, { complete: false, why: '2 results were planned, 1 came' });
  const noPlan = parseKtap('KTAP version 1\nok 1 a\n# end\n');
  assert.equal(noPlan.complete, false);
  const swapped = parseKtap('KTAP version 1\n1..2\nok 2 b\nok 1 a\n# end\n');
  assert.deepEqual(swapped, { complete: false, why: 'result 2 follows result 0' });
});
