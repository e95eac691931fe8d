import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { LIBNETMAP } from '../libnetmap/c-program.js';
import { checkFrame } from '../libnetmap/check-frames.js';
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

test(`parsers take ${RUNS} inputs that were made to reach their every corner`, () => {
  const program = path.join(folder, 'fuzz');
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
  const compiled = spawnSync(
    'clang',
    [
      ...[...flags, '-fsanitize=fuzzer,address,undefined', ...includes.flatMap((p) => ['-I', p])],
      ...['-o', program, ...sources, '-lm', '-lpthread'],
    ],
    { cwd: packageRoot, encoding: 'utf8' },
  );
  assert.equal(compiled.status, 0, compiled.stderr);

  const corpus = path.join(folder, 'corpus');
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
  const dictionary = path.join(folder, 'words');
  writeFileSync(dictionary, words.map((word) => `"${word}"\n`).join(''));

  const args = [`-runs=${RUNS}`, '-seed=1', '-max_len=400', '-timeout=20', `-dict=${dictionary}`, corpus];
  const run = spawnSync(program, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
  assert.equal(run.status, 0, run.stderr.slice(-5000));
  assert.match(run.stderr, new RegExp(`Done ${RUNS} runs`));
  const reached = Number(/cov: (\d+)(?![\s\S]*cov:)/.exec(run.stderr)?.[1]);
  assert.ok(reached > 450, `only ${reached} places of the code were reached`);
});
