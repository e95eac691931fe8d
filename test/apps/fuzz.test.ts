import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { LIBNETMAP } from '../libnetmap/c-program.js';
import { checkFrame } from '../libnetmap/check-frames.js';
import { seed } from '../support/seed.js';
import { inputFiles } from './input-files.js';

/** Inputs tried; a long run of its own tries more. */
const RUNS = process.env.NETMAP_NIGHTLY === '1' ? 20_000_000 : 300_000;

const sources = [
  'test/apps/fuzz.c',
  'test/apps/fuzz-route.c',
  'apps/tlem/route.c',
  'apps/lb/flow-hash.c',
  'apps/dedup/crc32c.c',
  'apps/pkt-gen/address.c',
  ...['shape', 'units', 'pcapfile', 'ringconfig'].map((name) => `apps/common/${name}.c`),
  ...LIBNETMAP,
];

const words = [
  ...[
    'const,',
    'uniform,',
    'exp,',
    'inter-packet,',
    'ether,',
    'real,',
    'avg,',
    'plr,',
    'ber,',
    'none',
    '1.5m',
  ],
  ...[
    'netmap:',
    'vale0:',
    '@conf:',
    '@offset=',
    'rings=',
    'tx-slots=',
    'initial=',
    'bits=',
    '{1',
    '}1',
    '^',
    '/xzRT',
  ],
  ...[
    '7@[fd00::1]:1-[fd00::2]:9',
    '10.0.0.1:1-10.0.0.2:4',
    '2:0:0:0:0:1',
    '\\xd4\\xc3\\xb2\\xa1',
    '\\x4d\\x3c\\xb2\\xa1',
  ],
  ...[
    '\\x08\\x00\\x45',
    '\\x86\\xdd\\x60',
    '\\x81\\x00',
    '\\x08\\x06\\x00\\x01\\x08\\x00\\x06\\x04\\x00\\x01',
    '\\x0a\\x01\\x00\\x01',
    '\\x0a\\x02\\x00\\x02',
    '\\x65\\x58',
  ],
];

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'netmap-fuzz-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Addresses are among what libFuzzer steers by: a run repeats another only when they are the same too. */
function withoutRandomAddresses(file: string, args: readonly string[]): [string, string[]] {
  // Some containers do not allow it.
  const allowed = spawnSync('setarch', ['--addr-no-randomize', 'true']).status === 0;
  return allowed ? ['setarch', ['--addr-no-randomize', file, ...args]] : [file, [...args]];
}

function build(program: string): void {
  const includes = [
    'kernel/include',
    'libnetmap',
    'apps/common',
    'apps/lb',
    'apps/dedup',
    'apps/pkt-gen',
    'apps/tlem',
  ];
  const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-O1', '-g', '-fno-sanitize-recover=all'];
  const { status, stderr } = spawnSync(
    'clang',
    [
      ...[...flags, '-fsanitize=fuzzer,address,undefined', ...includes.flatMap((p) => ['-I', p])],
      ...['-o', program, ...sources, '-lm', '-lpthread'],
    ],
    { cwd: packageRoot, encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
}

/** Inputs to begin with; the fuzzer adds those that reach something new. */
function makeCorpus(name: string): string {
  const corpus = path.join(folder, name);
  mkdirSync(corpus);
  const texts = [
    '\0exp,1m,5m',
    '\x01256,128,2,3',
    '\x0210.0.0.1:1-10.0.0.9:5',
    '\x03vale0:a{x/xT@1@conf:rings=2',
  ];
  for (const [i, text] of texts.entries()) writeFileSync(path.join(corpus, `text${i}`), text, 'latin1');
  writeFileSync(path.join(corpus, 'frame'), Buffer.concat([Buffer.from([4]), checkFrame(100, 1)]));
  writeFileSync(
    path.join(corpus, 'capture'),
    Buffer.concat([Buffer.from([6]), inputFiles.FILE ?? Buffer.alloc(0)]),
  );
  return corpus;
}

/** Tries `runs` inputs; what the fuzzer said, and what it came to in the end. */
function fuzz(program: string, runs: number, corpus: string): { said: string; end: string | undefined } {
  const dictionary = path.join(folder, 'words');
  writeFileSync(dictionary, words.map((word) => `"${word}"\n`).join(''));
  // 0 would be a number that libFuzzer chooses.
  const args = [
    ...[`-runs=${runs}`, `-seed=${Math.max(1, seed())}`, '-reload=0', '-max_len=400', '-timeout=20'],
    ...[`-dict=${dictionary}`, corpus],
  ];
  const { status, stderr } = spawnSync(...withoutRandomAddresses(program, args), {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  assert.equal(status, 0, stderr.slice(-5000));
  assert.match(stderr, new RegExp(`Done ${runs} runs`));
  return { said: stderr, end: /cov: \d+ ft: \d+ corp: \S+(?![\s\S]*cov:)/.exec(stderr)?.[0] };
}

test(`parsers take ${RUNS} inputs that were made to reach their every corner (seed ${seed()})`, (t) => {
  const program = path.join(folder, 'fuzz');
  build(program);
  const { said } = fuzz(program, RUNS, makeCorpus('corpus'));
  const reached = Number(/cov: (\d+)(?![\s\S]*cov:)/.exec(said)?.[1]);
  assert.ok(reached > 450, `only ${reached} places of the code were reached`);
  const [file] = withoutRandomAddresses(program, []);
  if (file === program) return t.diagnostic('addresses are random here: runs differ');
  const ends = ['first', 'second'].map((name) => fuzz(program, 20_000, makeCorpus(name)).end);
  assert.ok(ends[0] !== undefined);
  assert.equal(ends[0], ends[1], 'a run of the same number is the same run');
});
