import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { NetmapError } from '../../../src/core/errors.js';
import { realFiles } from '../../../src/core/files.js';
import { addressesOf, type Fetching, obtainArchive } from '../../../src/facts/external/fetch.js';
import { findVendor, type Vendor, vendors } from '../../../src/facts/external/vendors.js';
import { addFiles, makeTree } from '../../support/tree.js';
import { intelItems, tarGz, zip } from './archives.js';
import { type Answer, breaksOnce, file, serve, sha256 } from './server.js';

const VERSION = '5.10.2';
const PLACE = `/igb/v${VERSION}.zip`;
// Large enough that a broken connection has delivered a part of it.
const noise = randomBytes(300_000);
const archive = zip(intelItems('igb', VERSION, [{ path: 'src/noise', data: noise }]));

/** A store below a temporary folder; `known` puts the checksum into the user's SHA256SUMS. */
function fetching(
  t: TestContext,
  mirrors: readonly string[],
  more: Partial<Fetching> & { known?: string } = {},
) {
  const root = makeTree(t, {});
  const { known, ...rest } = more;
  const folder = path.join(root, 'ext-drivers');
  if (known !== undefined) addFiles(folder, { SHA256SUMS: `${known}  igb/v${VERSION}.zip\n` });
  const cache = path.join(root, 'cache');
  const store = { folders: [folder], cache, files: realFiles };
  const how: Fetching = {
    store,
    mirrors,
    offline: false,
    env: {},
    userFolder: folder,
    patienceMs: 20_000,
    ...rest,
  };
  return { root, folder, cache, how };
}

/** igb, whose vendor is on the loopback interface too: no test asks the world. */
function igb(origin = 'http://127.0.0.1:2/gone.zip'): Vendor {
  return { ...(findVendor('igb') as Vendor), origin: () => origin };
}

async function refused(work: Promise<unknown>): Promise<NetmapError> {
  return work.then(
    () => assert.fail('it was accepted'),
    (error: unknown) => {
      assert.ok(error instanceof NetmapError, String(error));
      return error;
    },
  );
}

test('the vendor is asked after the mirrors, each in its own layout', () => {
  const vendor = findVendor('e1000e') as Vendor;
  const [first, second] = addressesOf(vendor, '3.8.7', ['https://mirror.example/ext//']);
  assert.equal(first, 'https://mirror.example/ext/e1000e-3.8.7.tar.gz');
  assert.equal(second, vendor.origin('3.8.7'));
  for (const { origin, version } of vendors) assert.match(origin(version), /^https:\/\//);
});

test('fetched once, checked, unpacked and recorded; after that no server is asked', async (t) => {
  const mirror = await serve(t, { [PLACE]: file(archive) });
  const { how, cache } = fetching(t, [mirror.url], { known: sha256(archive) });
  const got = await obtainArchive(igb(), VERSION, how);
  assert.equal(got.from, 'network');
  assert.equal(got.sha256, sha256(archive));
  assert.match(got.checkedBy ?? '', /SHA256SUMS$/);
  assert.deepEqual(readFileSync(path.join(got.tree, 'src/noise')), noise);
  assert.deepEqual(readdirSync(path.join(cache, 'igb')).sort(), [
    `v${VERSION}.zip`,
    `v${VERSION}.zip.sha256`,
  ]);
  const again = await obtainArchive(igb(), VERSION, { ...how, offline: true });
  assert.equal(again.from, 'cache');
  assert.equal(mirror.asked.length, 1);
});

test('a connection that breaks is continued where it broke, and the result is right', async (t) => {
  const mirror = await serve(t, { [PLACE]: breaksOnce(archive, 100_000, 2) });
  const { how } = fetching(t, [mirror.url], { known: sha256(archive) });
  const got = await obtainArchive(igb(), VERSION, how);
  assert.deepEqual(readFileSync(got.file), archive);
  assert.equal(mirror.asked.length, 3);
  assert.equal(mirror.asked[0], `GET ${PLACE}`);
  for (const request of mirror.asked.slice(1)) assert.match(request, /bytes=\d+-$/);
});

test('what an interrupted run left is continued by the next one', async (t) => {
  let stopped = new AbortController();
  let first = true;
  const good = file(archive);
  const mirror = await serve(t, {
    [PLACE]: (request, response) => {
      if (!first) return good(request, response);
      first = false;
      response.writeHead(200, { 'content-length': archive.length, etag: `"${sha256(archive)}"` });
      response.write(archive.subarray(0, 150_000));
    },
  });
  const { how, cache } = fetching(t, [mirror.url], { known: sha256(archive) });
  const part = path.join(cache, `igb/v${VERSION}.zip.part`);
  const watch = setInterval(() => existsSync(part) && stopped.abort(), 5);
  const error = await refused(obtainArchive(igb(), VERSION, { ...how, signal: stopped.signal }));
  clearInterval(watch);
  assert.equal(error.exitCode, 130);
  assert.ok(!existsSync(path.join(cache, `igb/v${VERSION}.zip`)), 'nothing looks finished');
  stopped = new AbortController();
  const got = await obtainArchive(igb(), VERSION, how);
  assert.deepEqual(readFileSync(got.file), archive);
  assert.ok(!existsSync(part));
});

test('a part of another file is not continued: the server says so, or ignores the range', async (t) => {
  const other: Record<string, Answer> = {
    'a new ETag': file(archive, '"new"'),
    'no ranges': (_, response) => response.writeHead(200, { 'content-length': archive.length }).end(archive),
    'another start': (request, response) => {
      if (request.headers.range === undefined) return file(archive, '"new"')(request, response);
      response.writeHead(206, { 'content-range': `bytes 5-${archive.length - 1}/${archive.length}` });
      response.end(archive.subarray(5));
    },
    'range not satisfiable': (request, response) => {
      if (request.headers.range === undefined) return file(archive, '"new"')(request, response);
      response.writeHead(416).end();
    },
  };
  for (const [what, answer] of Object.entries(other)) {
    const mirror = await serve(t, { [PLACE]: answer });
    const { how, cache } = fetching(t, [mirror.url], { known: sha256(archive) });
    addFiles(cache, {
      [`igb/v${VERSION}.zip.part`]: 'of another file',
      [`igb/v${VERSION}.zip.part.from`]: JSON.stringify({ url: mirror.url + PLACE, validator: '"old"' }),
    });
    const got = await obtainArchive(igb(), VERSION, how);
    assert.deepEqual(readFileSync(got.file), archive, what);
  }
});

test('bytes of an earlier run that turn out wrong are fetched again from the start', async (t) => {
  const mirror = await serve(t, { [PLACE]: file(archive) });
  const { how, cache } = fetching(t, [mirror.url], { known: sha256(archive) });
  addFiles(cache, {
    [`igb/v${VERSION}.zip.part`]: 'rust of the disk',
    [`igb/v${VERSION}.zip.part.from`]: JSON.stringify({
      url: mirror.url + PLACE,
      validator: `"${sha256(archive)}"`,
    }),
  });
  assert.deepEqual(readFileSync((await obtainArchive(igb(), VERSION, how)).file), archive);
  assert.deepEqual(mirror.asked, [`GET ${PLACE} bytes=16-`, `GET ${PLACE}`]);
});

test('mirrors are tried in order, and each one says why it gave nothing', async (t) => {
  const page = '<!DOCTYPE html><title>please log in</title>';
  const wrong = zip(intelItems('igb', VERSION, [{ path: 'x', data: 'changed' }]));
  const bad = await serve(t, {
    [`/portal${PLACE}`]: (_, response) => response.writeHead(200).end(page),
    [`/wrong${PLACE}`]: file(wrong),
    [`/loop${PLACE}`]: (_, response) => response.writeHead(302, { location: `/loop${PLACE}` }).end(),
    [`/ftp${PLACE}`]: (_, response) => response.writeHead(302, { location: 'ftp://127.0.0.1/x' }).end(),
    [`/large${PLACE}`]: (_, response) => response.writeHead(200, { 'content-length': 10_000_000 }).end(),
    [`/endless${PLACE}`]: (_, response) => {
      response.on('error', () => undefined);
      const more = () => response.write(Buffer.alloc(65536), (error) => error ?? more());
      more();
    },
  });
  const names = ['portal', 'none', 'wrong', 'loop', 'ftp', 'large', 'endless'];
  const mirrors = names.map((name) => `${bad.url}/${name}`);
  const good = await serve(t, { [PLACE]: file(archive) });
  const options = { known: sha256(archive), limit: 5_000_000 };
  const { how } = fetching(t, [...mirrors, good.url], options);
  assert.equal((await obtainArchive(igb(), VERSION, how)).from, 'network');

  const { how: without, folder, cache } = fetching(t, mirrors, options);
  const { problem } = await refused(obtainArchive(igb(), VERSION, without));
  assert.equal(problem.code, 'fetch-failed');
  assert.equal(problem.exitCode, 4);
  const reasons = (problem.why ?? '').split('\n');
  const expected = [
    /portal.*not the archive; it begins with "<!DOCTYPE/,
    /none.*answers 404/,
    /wrong.*SHA-256 is [0-9a-f]{64}, and .*SHA256SUMS says/,
    /loop.*redirects/,
    /ftp.*redirects to ftp:/,
    /large.*10000000 bytes are more than 5000000/,
    /endless.*more than 5000000 bytes/,
    /127\.0\.0\.1:2.*ECONNREFUSED/,
  ];
  assert.equal(reasons.length, expected.length, problem.why);
  for (const [at, pattern] of expected.entries()) assert.match(reasons[at] ?? '', pattern);
  assert.ok(problem.mend?.includes(path.join(folder, `igb/v${VERSION}.zip`)), problem.mend);
  assert.deepEqual(readdirSync(path.join(cache, 'igb')), []);
});

test('a redirect is followed; one from the server that served before cannot lead to a file', async (t) => {
  const mirror = await serve(t, {
    [PLACE]: (_, response) => response.writeHead(302, { location: '/elsewhere?token=1' }).end(),
    '/elsewhere?token=1': file(archive),
    [`/file${PLACE}`]: (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  });
  const { how } = fetching(t, [mirror.url], { known: sha256(archive) });
  assert.equal((await obtainArchive(igb(), VERSION, how)).from, 'network');
  const { how: other } = fetching(t, [`${mirror.url}/file`], { known: sha256(archive) });
  assert.match((await refused(obtainArchive(igb(), VERSION, other))).problem.why ?? '', /redirects to file:/);
});

test('plain http without a known checksum is not used', async (t) => {
  const mirror = await serve(t, { [PLACE]: file(archive) });
  const { how } = fetching(t, [mirror.url]);
  const { problem } = await refused(obtainArchive(igb(), VERSION, how));
  assert.match(problem.why ?? '', /plain http is only used when the checksum is known/);
  assert.deepEqual(mirror.asked, []);
});

test('the checksum of the first fetch holds for every later one', async (t) => {
  const mirror = await serve(t, { [PLACE]: file(zip(intelItems('igb', VERSION))) });
  const { how, cache } = fetching(t, [mirror.url]);
  addFiles(cache, { [`igb/v${VERSION}.zip.sha256`]: `${sha256(archive)}\n` });
  const { problem } = await refused(obtainArchive(igb(), VERSION, how));
  assert.match(problem.why ?? '', /the SHA-256 is .*\.zip\.sha256 says/);
});

test('a cached archive that was damaged is fetched again', async (t) => {
  const mirror = await serve(t, { [PLACE]: file(archive) });
  const { how } = fetching(t, [mirror.url], { known: sha256(archive) });
  const got = await obtainArchive(igb(), VERSION, how);
  writeFileSync(got.file, 'rust');
  assert.equal((await obtainArchive(igb(), VERSION, how)).from, 'network');
  assert.deepEqual(readFileSync(got.file), archive);
});

test('an archive of the user is used under any of its names, and no server is asked', async (t) => {
  const packed = tarGz(intelItems('igb', VERSION));
  const names: [string, Buffer][] = [
    [`igb/v${VERSION}.zip`, archive],
    [`ethernet-linux-igb-${VERSION}.zip`, archive],
    [`igb-${VERSION}.tar.gz`, packed],
  ];
  for (const [name, data] of names) {
    const { how, folder } = fetching(t, ['http://127.0.0.1:2']);
    mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(folder, name), data);
    const got = await obtainArchive(igb(), VERSION, how);
    assert.equal(got.from, 'folder', name);
    assert.equal(got.file, path.join(folder, name));
    assert.ok(existsSync(path.join(got.tree, 'src/igb_main.c')));
  }
});

test("a user's archive that is not what SHA256SUMS says, or another driver's, is refused", async (t) => {
  const { how, folder } = fetching(t, [], { known: sha256(archive) });
  mkdirSync(path.join(folder, 'igb'));
  writeFileSync(path.join(folder, `igb/v${VERSION}.zip`), zip(intelItems('igb', VERSION)));
  const mismatch = await refused(obtainArchive(igb(), VERSION, how));
  assert.equal(mismatch.code, 'checksum-mismatch');
  assert.match(mismatch.problem.mend ?? '', /get it again/);
  rmSync(path.join(folder, 'SHA256SUMS'));
  writeFileSync(path.join(folder, `igb/v${VERSION}.zip`), zip(intelItems('ixgbe', VERSION)));
  const wrong = await refused(obtainArchive(igb(), VERSION, how));
  assert.equal(wrong.code, 'archive-refused');
  assert.match(wrong.problem.why ?? '', /no src\/igb_main\.c in it/);
});

test('a hostile archive from a mirror is refused as a whole, and the next mirror is asked', async (t) => {
  const hostile = zip(intelItems('igb', VERSION, [{ path: 'src/l', type: '2', target: '/etc' }]));
  const bad = await serve(t, { [PLACE]: file(hostile) });
  const { how, cache } = fetching(t, [bad.url], { known: sha256(hostile) });
  const { problem } = await refused(obtainArchive(igb(), VERSION, how));
  assert.match(problem.why ?? '', /link that leads out, to "\/etc"/);
  assert.deepEqual(readdirSync(path.join(cache, 'unpacked')), []);
});

test('the driver of mlx5 is an archive within the archive, which is looked at as closely', async (t) => {
  const vendor = findVendor('mlx5') as Vendor;
  const version = '5.8-3.0.7.0';
  const pack = (inner: Buffer) =>
    tarGz([{ path: `MLNX_EN_SRC-${version}/SOURCES/mlnx-en_5.8.orig.tar.gz`, data: inner }]);
  const main = { path: 'mlnx-en-5.8/drivers/net/ethernet/mellanox/mlx5/core/main.c', data: 'int main_c;\n' };
  const { how, folder } = fetching(t, [], { offline: true });
  mkdirSync(folder);
  const place = path.join(folder, `MLNX_EN_SRC-debian-${version}.tgz`);
  writeFileSync(place, pack(tarGz([main])));
  const { tree } = await obtainArchive(vendor, version, how);
  assert.ok(existsSync(path.join(tree, 'drivers/net/ethernet/mellanox/mlx5/core/main.c')));
  writeFileSync(place, pack(tarGz([main, { path: '../../out', data: 'x' }])));
  assert.equal((await refused(obtainArchive(vendor, version, how))).code, 'archive-refused');
});

test('two runs at once fetch once', async (t) => {
  const mirror = await serve(t, { [PLACE]: file(archive) });
  const { how } = fetching(t, [mirror.url], { known: sha256(archive) });
  const both = await Promise.all([obtainArchive(igb(), VERSION, how), obtainArchive(igb(), VERSION, how)]);
  assert.equal(both[0].sha256, both[1].sha256);
  assert.equal(mirror.asked.length, 1);
});
