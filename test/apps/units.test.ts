import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { buildProgram, type Program } from '../libnetmap/c-program.js';

const sources = [
  'test/apps/units.c',
  'apps/lb/flow-hash.c',
  'apps/dedup/crc32c.c',
  'apps/pkt-gen/latency.c',
  ...['shape', 'units'].map((name) => `apps/common/${name}.c`),
];

const MAC = '0102030405060708090a0b0c';
const IP4 = (proto: string, length = '0028') => `4500${length}0000000040${proto}00000a010203c0a80709`;
const swap4 = (proto: string) => `450000280000000040${proto}0000c0a807090a010203`;
const IP6 = (next: string) =>
  `6000000000${'14'}${next}40${'fd000001'.padEnd(32, '0')}${'fd000002'.padEnd(32, '1')}`;

describe('parts of the applications', () => {
  let program: Program;

  before(() => {
    program = buildProgram(sources, ['apps/lb', 'apps/dedup', 'apps/pkt-gen']);
  });
  after(() => program.remove());

  function run(word: string, ...args: string[]): string[] {
    const { status, stdout, stderr } = program.run([word, ...args]);
    assert.equal(status, 0, stderr);
    return stdout.trimEnd().split('\n');
  }

  it('flow hash: known values', () => {
    assert.deepEqual(
      run(
        'hash',
        `${MAC}0800${IP4('11')}12340035`,
        `${MAC}0800${IP4('01')}08000000`,
        `011121314151${'61718191a1b1'}0806${'00'.repeat(28)}`,
      ),
      ['c200c200', 'c4a0c4a0', '4cd24cd2'],
    );
  });

  it('flow hash: both directions agree, tunnels count as what is in them', () => {
    const plain = `0800${IP4('11')}12340035`;
    const inner = `${IP4('11')}12340035`;
    const results = run(
      'hash',
      `${MAC}0800${swap4('11')}00351234`,
      `${MAC}8100000a${plain}`,
      `${MAC}0800${IP4('04', '0040')}${inner}`,
      // GRE: plain; with checksum, key and sequence number; Ethernet inside
      `${MAC}0800${IP4('2f', '0040')}00000800${inner}`,
      `${MAC}0800${IP4('2f', '0050')}b0000800${'00'.repeat(12)}${inner}`,
      `${MAC}0800${IP4('2f', '0050')}00006558${MAC}${plain}`,
      `${MAC}86dd${IP6('04')}${inner}`,
      `${MAC}86dd${IP6('2f')}00000800${inner}`,
    );
    assert.deepEqual([...new Set(results)], ['c200c200']);
  });

  it('flow hash: 0 for what cannot be understood', () => {
    const results = run(
      'hash',
      `${MAC}0800`,
      `${MAC}0800${IP4('11').slice(0, 20)}`,
      // header of 4 words; header longer than the packet says it is
      `${MAC}080044${IP4('11').slice(2)}12340035`,
      `${MAC}08004f${IP4('11', '0028').slice(2)}${'00'.repeat(60)}`,
      `${MAC}0800${IP4('2f')}00001234${IP4('11')}`,
      `${MAC}0800${IP4('2f')}40000800${IP4('11')}`,
    );
    assert.deepEqual([...new Set(results)], ['00000000']);
    const [a, b] = run('hash', `${MAC}86dd${IP6('11')}12340035`, `${MAC}86dd${IP6('11')}12340036`);
    assert.notEqual(a, b);
    assert.notEqual(a, '00000000');
  });

  it('CRC-32C: the check value, by instruction and by table', () => {
    assert.deepEqual(run('crc', '123456789', 'a'), ['e3069283 e3069283', 'c1d04330 c1d04330']);
  });

  it('bandwidth: time of 1000 packets of 1000 bytes', () => {
    assert.deepEqual(
      run(
        'bandwidth',
        '8M',
        'const,8m',
        'constant 8000k',
        '0',
        'ether,8192000',
        'real',
        'real,2',
        '1.6G',
        'none',
      ),
      [
        '1000000000',
        '1000000000',
        '1000000000',
        '0',
        '1000000000',
        '3000000000',
        '1500000000',
        '5000000',
        '0',
      ],
    );
    // fractions of a nanosecond are not lost
    assert.deepEqual(run('bandwidth', '12.8g'), ['625000']);
    for (const wrong of [
      'foo',
      'const',
      'const,x',
      '8M,9',
      'real,0',
      'real,1001',
      'real,2x',
      'ether',
      '-1',
      '1e400',
      '8M!',
      'const,0.5',
      'ether,1e-300',
    ])
      assert.match(
        run('bandwidth', wrong)[0] ?? '',
        /^(arguments .* not recognised|invalid arguments: need)/,
        wrong,
      );
  });

  it('delay: minimum, average, maximum', () => {
    const numbers = (spec: string) =>
      (run('delay', spec)[0] ?? '').split(' ').map(Number) as [number, number, number];
    assert.deepEqual(numbers('10m'), [10e6, 10e6, 10e6]);
    assert.deepEqual(numbers('const,1500u'), [1.5e6, 1.5e6, 1.5e6]);
    const uniform = numbers('uniform,1ms,3ms');
    assert.ok(uniform[0] < 1.01e6 && uniform[0] >= 1e6 && uniform[2] < 3e6 && uniform[2] > 2.99e6);
    assert.ok(Math.abs(uniform[1] - 2e6) < 1e4);
    const exponential = numbers('exp,1m,3m');
    assert.ok(exponential[0] >= 1e6 && exponential[0] < 1.01e6);
    assert.ok(Math.abs(exponential[1] - 3e6) < 3e4, String(exponential[1]));
    for (const wrong of [
      'uniform,3m,1m',
      'exp,3m,1m',
      'uniform,1m',
      '10x',
      '10m 5',
      'inter-packet,1m,2m',
      '-1',
    ])
      assert.match(
        run('delay', wrong)[0] ?? '',
        /^(arguments .* not recognised|invalid arguments: need)/,
        wrong,
      );
  });

  it('loss: the rate asked for', () => {
    const rates = run('loss', '0.1', 'plr,0.25', '0', '1', 'ber,0.00001').map(Number);
    const expected = [0.1, 0.25, 0, 1, 1 - (1 - 1e-5) ** 8000];
    rates.forEach((rate, i) => {
      assert.ok(Math.abs(rate - (expected[i] ?? 0)) < 0.003, `${rate} for ${expected[i]}`);
    });
    for (const wrong of ['0.1x', '2', 'plr', 'ber,x', 'foo'])
      assert.match(
        run('loss', wrong)[0] ?? '',
        /^(arguments .* not recognised|invalid arguments: need)/,
        wrong,
      );
  });

  it('reordering', () => {
    assert.deepEqual(run('reorder', '0.5,10m', 'const,0.25,1', 'none'), [
      `${1 << 23} 10000000`,
      `${1 << 22} 1000000000`,
      '0 0',
    ]);
    for (const wrong of ['0.5', '2,1m', 'const,0.1,x'])
      assert.match(
        run('reorder', wrong)[0] ?? '',
        /^(arguments .* not recognised|invalid arguments: need)/,
        wrong,
      );
  });

  it('numbers with units', () => {
    assert.deepEqual(run('norm', '999', '14881000', '0', '1.5e15'), [
      "'999.000 ' '999 '",
      "'14.881 M' '14881000 '",
      "'0.000 ' '0 '",
      "'1500.000 T' '1500000000000000 '",
    ]);
  });

  it('latency percentiles are right within a sixteenth', () => {
    const [p50, p99, p100, average, all] = (run('latency', '100000')[0] ?? '').split(' ').map(Number);
    assert.ok(p50 !== undefined && p50 >= 50_000 && p50 <= 53_200, String(p50));
    assert.ok(p99 !== undefined && p99 >= 99_000 && p99 <= 100_000, String(p99));
    assert.deepEqual([p100, average, all], [100_000, 50_000, 100_000]);
    assert.deepEqual(run('latency', '9'), ['5 9 9 5 9']);
  });
});
