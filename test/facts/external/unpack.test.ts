import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { NetmapError } from '../../../src/core/errors.js';
import { realFiles } from '../../../src/core/files.js';
import { unpackArchive } from '../../../src/facts/external/unpack.js';
import { makeTree } from '../../support/tree.js';
import { type Item, tarGz, zip } from './archives.js';

interface Unpacked {
  readonly folder: string;
  readonly target: string;
  readonly error?: NetmapError;
}

const limits = { members: 100, bytes: 100_000 };

async function unpacked(t: TestContext, archive: Buffer): Promise<Unpacked> {
  const folder = makeTree(t, { 'inside/x': '' });
  const target = path.join(folder, 'inside/tree');
  writeFileSync(path.join(folder, 'archive'), archive);
  try {
    await unpackArchive(path.join(folder, 'archive'), target, realFiles, undefined, limits);
    return { folder, target };
  } catch (error) {
    assert.ok(error instanceof NetmapError, String(error));
    return { folder, target, error };
  }
}

const good: readonly Item[] = [
  { path: 'igb-1/', type: '5', mode: 0o777 },
  { path: 'igb-1/src/igb_main.c', data: 'int x;\n' },
  { path: 'igb-1/scripts/run.sh', data: '#!/bin/sh\n', mode: 0o6775 },
  { path: 'igb-1/COPYING', type: '2', target: 'src/igb_main.c' },
  { path: 'igb-1/src/up', type: '2', target: '../scripts' },
];

for (const [name, make] of [
  ['zip', zip],
  ['tar', tarGz],
] as const) {
  test(`${name}: files, folders and links are unpacked without owner and special mode bits`, async (t) => {
    const { target, error } = await unpacked(t, make(good));
    assert.equal(error, undefined);
    assert.equal(readFileSync(path.join(target, 'src/igb_main.c'), 'utf8'), 'int x;\n');
    assert.equal(readFileSync(path.join(target, 'COPYING'), 'utf8'), 'int x;\n');
    assert.equal(statSync(path.join(target, 'scripts/run.sh')).mode & 0o7777, 0o755);
    assert.equal(statSync(path.join(target, 'src/igb_main.c')).mode & 0o7777, 0o644);
    assert.ok(existsSync(path.join(target, 'src/up/run.sh')));
  });

  const hostile: [string, Item[], RegExp][] = [
    ['an absolute path', [{ path: '/etc/netmap-pwned', data: 'x' }], /absolute|invalid|leads out/],
    ['a path that climbs', [{ path: 'top/../../pwned', data: 'x' }], /leads out|invalid relative/],
    ['a path that climbs at once', [{ path: '../pwned', data: 'x' }], /leads out|invalid relative/],
    ['a link to an absolute place', [{ path: 'top/l', type: '2', target: '/etc' }], /link that leads out/],
    ['a link that climbs out', [{ path: 'top/l', type: '2', target: '../../..' }], /link that leads out/],
    ['a link down and up', [{ path: 'top/l', type: '2', target: 'a/../../..' }], /link that leads out/],
    [
      'a file through a link',
      [
        { path: 'top/d/', type: '5' },
        { path: 'top/l', type: '2', target: 'd' },
        { path: 'top/l/f', data: 'x' },
      ],
      /below a symlink/,
    ],
    [
      'a file, then a link of its name',
      [
        { path: 'top/f', data: 'x' },
        { path: 'top/f', type: '2', target: 'g' },
      ],
      /in it twice/,
    ],
    [
      'a folder that becomes a link',
      [
        { path: 'top/d/f', data: 'x' },
        { path: 'top/d', type: '2', target: 'e' },
      ],
      /in it twice/,
    ],
    ['a device', [{ path: 'top/null', type: '3' }], /device/],
    ['a pipe', [{ path: 'top/fifo', type: '6' }], /pipe/],
    ['a name that a shell would run', [{ path: 'top/$(touch pwned)', data: 'x' }], /would interpret/],
    ['a name with quotes', [{ path: "top/a';touch pwned;'", data: 'x' }], /would interpret/],
    ['a name with a newline', [{ path: 'top/a\nb', data: 'x' }], /would interpret/],
    ['a name that looks like an option', [{ path: 'top/-rf', data: 'x' }], /would interpret/],
    ['no common folder', [{ path: 'a', data: 'x' }], /not in one top folder/],
    ['nothing', [], /empty|neither|Unrecognized|end of central/i],
    ['more bytes than allowed', [{ path: 'top/f', data: Buffer.alloc(100_001) }], /more than 100000 bytes/],
    [
      'more members than allowed',
      Array.from({ length: 101 }, (_, n) => ({ path: `top/${n}`, data: '' })),
      /more than 100 members/,
    ],
  ];
  for (const [what, items, why] of hostile) {
    test(`${name}: ${what} is refused and leaves nothing`, async (t) => {
      const { folder, target, error } = await unpacked(t, make(items));
      assert.equal(error?.code, 'archive-refused');
      assert.match(error.problem.why ?? '', why);
      assert.ok(!existsSync(target));
      assert.deepEqual(readdirSync(folder).sort(), ['archive', 'inside']);
      assert.deepEqual(readdirSync(path.join(folder, 'inside')), ['x']);
      assert.ok(!existsSync('/etc/netmap-pwned'));
    });
  }
}

test('tar: a claimed size of terabytes is refused before anything is written', async (t) => {
  const { error } = await unpacked(t, tarGz([{ path: 'top/f', size: 0o77777777777 }]));
  assert.match(error?.problem.why ?? '', /more than 100000 bytes/);
});

test('zip: content that does not match its checksum, and one longer than it says', async (t) => {
  const archive = zip([{ path: 'top/f', data: 'the content' }]);
  archive.writeUInt32LE(7, 14);
  archive.writeUInt32LE(7, archive.lastIndexOf('PK\x01\x02', undefined, 'latin1') + 16);
  assert.match((await unpacked(t, archive)).error?.problem.why ?? '', /does not match its checksum/);
  const longer = await unpacked(t, zip([{ path: 'top/f', data: 'x'.repeat(5000), size: 10 }]));
  assert.match(longer.error?.problem.why ?? '', /too many bytes/);
});

test('tar: a hard link to a member is a copy, one that leads out is refused', async (t) => {
  const file: Item = { path: 'top/f', data: 'x' };
  const { target, error } = await unpacked(t, tarGz([file, { path: 'top/g', type: '1', target: 'top/f' }]));
  assert.equal(error, undefined);
  assert.ok(lstatSync(path.join(target, 'g')).isFile());
  for (const out of ['/etc/passwd', '../../x', 'top/none']) {
    const refused = await unpacked(t, tarGz([file, { path: 'top/g', type: '1', target: out }]));
    assert.equal(refused.error?.code, 'archive-refused', out);
  }
});

test('truncated archives of both kinds are refused at every length', async (t) => {
  for (const whole of [zip(good), tarGz(good)]) {
    for (let length = 0; length < whole.length; length += Math.ceil(whole.length / 12)) {
      const { error, target } = await unpacked(t, whole.subarray(0, length));
      assert.equal(error?.code, 'archive-refused', `${length} of ${whole.length}`);
      assert.ok(!existsSync(target));
    }
  }
});

test('what a killed run left in the way is replaced', async (t) => {
  const folder = makeTree(t, { 'tree.tmp/left': 'x' });
  symlinkSync('/etc', path.join(folder, 'tree.tmp/link'));
  writeFileSync(path.join(folder, 'archive'), tarGz(good));
  await unpackArchive(path.join(folder, 'archive'), path.join(folder, 'tree'), realFiles);
  assert.deepEqual(readdirSync(folder).sort(), ['archive', 'tree']);
  assert.ok(existsSync('/etc/passwd'));
});

test('damaged archives: every one is refused or unpacked, none hangs, nothing is written outside', async (t) => {
  // Numbers that look random and are the same in every run.
  let state = 1;
  const next = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const folder = makeTree(t, { 'inside/x': '' });
  const archive = path.join(folder, 'archive');
  const results = { refused: 0, unpacked: 0 };
  for (let round = 0; round < 200; round++) {
    // The tar file is damaged before it is packed, else gzip's checksum would notice everything.
    const whole = round % 2 === 0 ? zip(good) : gunzipSync(tarGz(good));
    for (let change = 0; change <= round % 4; change++) whole[next(whole.length)] = next(256);
    writeFileSync(archive, round % 2 === 0 ? whole : gzipSync(whole));
    try {
      await unpackArchive(archive, path.join(folder, 'inside/tree'), realFiles, undefined, limits);
      results.unpacked++;
    } catch (error) {
      assert.ok(error instanceof NetmapError && error.code === 'archive-refused', `round ${round}: ${error}`);
      results.refused++;
    }
    rmSync(path.join(folder, 'inside/tree'), { recursive: true, force: true });
    assert.deepEqual(readdirSync(folder).sort(), ['archive', 'inside'], `round ${round}`);
    assert.deepEqual(readdirSync(path.join(folder, 'inside')), ['x'], `round ${round}`);
  }
  assert.ok(results.refused > 50 && results.unpacked > 5, JSON.stringify(results));
});
