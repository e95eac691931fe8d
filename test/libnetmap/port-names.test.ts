import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { seed } from '../support/seed.js';
import { buildProgram, LIBNETMAP, type Program } from './c-program.js';

const EINVAL = 22;
const ENOENT = 2;
const EISDIR = 21;
const EOPNOTSUPP = 95;

/** What a name becomes; what is not said is 0 (mode 1: all NIC rings). */
interface Port {
  name: string;
  mode?: number;
  ring?: number;
  flags?: number;
  mem?: number;
  rings?: [number, number];
  slots?: [number, number];
  host?: [number, number];
}

const accepted: [string, Port][] = [
  ['netmap:eth0', { name: 'eth0' }],
  ['netmap:eth0-2@3', { name: 'eth0', mode: 4, ring: 2, mem: 3 }],
  ['netmap:eth0^1/R', { name: 'eth0', mode: 8, ring: 1, flags: 0x2000 }],
  ['netmap:eth0^', { name: 'eth0', mode: 2 }],
  ['netmap:eth0*', { name: 'eth0', mode: 3 }],
  ['netmap:eth0/rt', { name: 'eth0', flags: 0x300 }],
  ['netmap:eth0/xzRT', { name: 'eth0', flags: 0x6c00 }],
  ['vale0:a{x/xT@1', { name: 'vale0:a{x', flags: 0x4800, mem: 1 }],
  ['vale:p1@conf:rings=2,slots=512', { name: 'vale:p1', rings: [2, 2], slots: [512, 512] }],
  ['vale:p@conf:tx-rings=3,rings=2', { name: 'vale:p', rings: [3, 2] }],
  ['netmap:eth0@3@3', { name: 'eth0', mem: 3 }],
  ['netmap:e@2/x', { name: 'e', mem: 2, flags: 0x800 }],
  ['netmap:e@3@conf:slots=8', { name: 'e', mem: 3, slots: [8, 8] }],
  ['netmap:a b', { name: 'a b' }],
  ['netmap:e@conf:', { name: 'e' }],
  ['netmap:e@conf:rings=', { name: 'e' }],
  ['netmap:e-4094', { name: 'e', mode: 4, ring: 4094 }],
  ['netmap:e-4094/x@5@conf:slots=1', { name: 'e', mode: 4, ring: 4094, flags: 0x800, mem: 5, slots: [1, 1] }],
  ['netmap:e-1@3/x', { name: 'e', mode: 4, ring: 1, mem: 3, flags: 0x800 }],
  ['netmap:e-1@3/x@conf:slots=3', { name: 'e', mode: 4, ring: 1, mem: 3, flags: 0x800, slots: [3, 3] }],
  ['netmap:e@conf:slots=8@conf:rings=1', { name: 'e', slots: [8, 8], rings: [1, 1] }],
  ['netmap:e@conf:tx_slots=7,rx_slots=9,host_rings=2', { name: 'e', slots: [7, 9], host: [2, 2] }],
  ['netmap:e@conf:host-tx-rings=3,host-rx-rings=4', { name: 'e', host: [3, 4] }],
  ['netmap:e@conf:rings=-1', { name: 'e', rings: [65535, 65535] }],
  ['netmap:eth0@65535', { name: 'eth0', mem: 65535 }],
  ['vale:', { name: 'vale:' }],
  ['vale0:', { name: 'vale0:' }],
  ['netmap:{x', { name: '{x' }],
  ['netmap:a:b', { name: 'a:b' }],
  ['vale0:a:b', { name: 'vale0:a:b' }],
  ['netmap:eth0.100', { name: 'eth0.100' }],
  ['vale0:a.b', { name: 'vale0:a.b' }],
  ['valeX_9:p', { name: 'valeX_9:p' }],
  [`netmap:${'n'.repeat(63)}`, { name: 'n'.repeat(63) }],
];

const refused: string[] = [
  'vale:p@conf=4',
  'netmap:eth0@',
  'netmap:eth0@3@4',
  'netmap:eth0@@',
  'netmap:',
  'netmap:a{',
  'netmap:a{b-c',
  'valex y:p',
  'netmap0:eth',
  'foo',
  'netmap:eth0-',
  'netmap:eth0-x',
  'netmap:e@share',
  'netmap:e@conf:rings=1,rings=2',
  'netmap:e@conf:slots=8@3',
  'netmap:e/',
  'netmap:e*^',
  '',
  'netmap',
  'vale',
  'NETMAP:e',
  'vale-1:p',
  'netmap:a}',
  'netmap:a{b{c',
  'netmap:a{b}c',
  'netmap:eth0@0',
  'netmap:eth0@65536',
  'netmap:eth0@70000',
  'netmap:eth0@99999999999999999999',
  'netmap:eth0@-1',
  'netmap:eth0-1x',
  'netmap:eth0- 1',
  'netmap:eth0--1',
  'netmap:eth0-+1',
  'netmap:eth0-4095',
  'netmap:eth0^4095',
  'netmap:eth0^x',
  'netmap:e/q',
  'netmap:e/x/z',
  'netmap:e/x-1',
  'netmap:e@3-1',
  'netmap:e@3^',
  'netmap:e@3x',
  'netmap:e-1@3/x@4',
  'netmap:e@foo=1',
  'netmap:e@conf',
  'netmap:e@conf:foo=1',
  'netmap:e@conf:rings',
  'netmap:e@conf:rings=1,',
  'netmap:e@conf:,rings=1',
  'netmap:e@conf:rings=abc',
  'netmap:e@conf:rings=1;slots=2',
  'netmap:e@conf:rings=65536',
  'netmap:e@conf:slots=-2',
  'netmap:e@share=',
  'netmap:e@share:port=',
  'netmap:e@extmem',
  'netmap:e@extmem:if-num=4',
  `netmap:${'n'.repeat(64)}`,
];

describe('port names', () => {
  let program: Program;
  let folder: string;

  before(() => {
    program = buildProgram(['test/libnetmap/prepare.c', ...LIBNETMAP]);
    folder = mkdtempSync(path.join(os.tmpdir(), 'netmap-extmem-'));
  });
  after(() => {
    program.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  function prepare(...args: string[]): Record<string, unknown>[] {
    const { status, stdout, stderr } = program.run(args);
    assert.equal(status, 0, stderr);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  it('become register requests', () => {
    const results = prepare(...accepted.map(([spec]) => spec));
    accepted.forEach(([spec, port], i) => {
      const expected = {
        mode: 1,
        ring: 0,
        flags: 0,
        mem: 0,
        rings: [0, 0],
        slots: [0, 0],
        host: [0, 0],
        options: 0,
        ...port,
      };
      assert.deepEqual(results[i], expected, spec);
    });
  });

  it('are refused with a message when malformed', () => {
    const results = prepare(...refused);
    refused.forEach((spec, i) => {
      assert.deepEqual(results[i], { errno: EINVAL, message: true }, spec);
    });
  });

  it('may name a file as memory', () => {
    const file = path.join(folder, 'memory');
    const empty = path.join(folder, 'empty');
    writeFileSync(file, '');
    truncateSync(file, 8 << 20);
    writeFileSync(empty, '');
    const keys = 'if-num=1,if-size=2,ring-num=3,ring-size=4,buf-num=5,buf-size=6';
    const results = prepare(
      `netmap:e@extmem=${file}`,
      `netmap:e@extmem:file=${file},${keys}`,
      `netmap:e@extmem=${file}@extmem=${file}`,
      'netmap:e@extmem=/nonexistent',
      `netmap:e@extmem=${folder}`,
      `netmap:e@extmem=${empty}`,
    );
    assert.deepEqual(results[0]?.extmem, [8 << 20, 0, 0, 0, 0, 0, 0]);
    assert.deepEqual(results[1]?.extmem, [8 << 20, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual(
      results.slice(2).map((result) => result.errno),
      [EINVAL, ENOENT, EISDIR, EINVAL],
    );
  });

  it('have options that programs switch on and off', () => {
    const results = prepare(
      'netmap:e@offset=4',
      '+offset',
      'netmap:e@offset=4',
      'netmap:e@offset:initial=4,bits=16',
      'netmap:e@offset=4@offset=8',
      'netmap:e@offset:bits=16',
      '!conf',
      'netmap:e@conf:rings=1',
      '+nothing',
      '!nothing',
    );
    assert.deepEqual(
      results.map(({ errno, options }) => errno ?? options),
      [EOPNOTSUPP, 0, 1, 1, 2, EINVAL, 0, EOPNOTSUPP, EOPNOTSUPP, 0],
    );
  });

  it(`never crash the parser, whatever they are (seed ${seed(12345)})`, () => {
    const alphabet = [
      'netmap:',
      'vale',
      ':',
      '@',
      '^',
      '*',
      '-',
      '/',
      '{',
      '}',
      ',',
      '=',
      'conf',
      'rings',
      'x',
    ];
    let state = seed(12345);
    const random = (n: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 16) % n;
    };
    const specs = Array.from({ length: 3000 }, () =>
      Array.from({ length: 1 + random(12) }, () =>
        random(4) === 0 ? String(random(70000)) : (alphabet[random(alphabet.length)] ?? ''),
      ).join(''),
    ).filter((spec) => !spec.startsWith('+') && !spec.startsWith('!'));
    assert.equal(prepare(...specs).length, specs.length);
  });
});
