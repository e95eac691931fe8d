import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request as ask, createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../../src/core/paths.js';
import { intelItems, zip } from '../../facts/external/archives.js';
import { file, serve, sha256 } from '../../facts/external/server.js';
import { addFiles, makeTree } from '../../support/tree.js';

const archive = zip(intelItems('igb', '5.10.2'));
const PLACE = '/igb/v5.10.2.zip';

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the tool while servers of this process answer. Without a proxy of the test's no outside address is reached. */
async function netmapConfigure(
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ran> {
  const closed = {
    http_proxy: '',
    https_proxy: 'http://127.0.0.1:2',
    no_proxy: '127.0.0.1',
    NO_PROXY: '127.0.0.1',
  };
  const child = spawn(process.execPath, [path.join(packageRoot, 'bin/netmap-configure.js'), ...args], {
    cwd,
    env: { ...process.env, ...closed, NETMAP_CACHE_DIR: path.join(cwd, 'cache'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => (stdout += String(text)));
  child.stderr.on('data', (text) => (stderr += String(text)));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, stdout, stderr };
}

function build(t: TestContext): string {
  return makeTree(t, { 'ext-drivers/SHA256SUMS': `${sha256(archive)}  igb/v5.10.2.zip\n` });
}

test('fetch igb: the archive, its checksum and what is known about a patch', async (t) => {
  const mirror = await serve(t, { [PLACE]: file(archive) });
  const dir = build(t);
  const result = await netmapConfigure(dir, ['fetch', 'igb', `--mirrors=${mirror.url}`]);
  assert.equal(result.status, 0, result.stdout + result.stderr);
  assert.match(result.stdout, /^igb 5\.10\.2: fetched, \S+\/cache\/ext-drivers\/igb\/v5\.10\.2\.zip$/m);
  assert.ok(result.stdout.includes(`SHA-256 ${sha256(archive)} (as ${dir}/ext-drivers/SHA256SUMS says)`));
  assert.match(result.stdout, /patch: none here: .*--patches-from/);
  const again = await netmapConfigure(dir, ['fetch', 'igb:5.10.2', '--offline', '--json']);
  assert.equal(again.status, 0);
  const [got] = (JSON.parse(again.stdout) as { archives: { from: string; sha256: string }[] }).archives;
  assert.deepEqual([got?.from, got?.sha256], ['cache', sha256(archive)]);
  assert.equal(mirror.asked.length, 1);
});

test('mirrors may stand in the configuration file; one archive that is missing does not keep others away', async (t) => {
  const mirror = await serve(t, { [PLACE]: file(archive) });
  const dir = build(t);
  addFiles(dir, { 'netmap-configure.json': JSON.stringify({ mirrors: [mirror.url] }) });
  const result = await netmapConfigure(dir, ['fetch', 'ixgbe', 'igb']);
  assert.equal(result.status, 4);
  assert.match(result.stdout, /^ixgbe 5\.15\.2: not here$/m);
  assert.match(result.stdout, /by hand to \S+\/ext-drivers\/ixgbe\/v5\.15\.2\.zip/);
  assert.match(result.stdout, /^igb 5\.10\.2: fetched/m);
});

test('fetch --list: versions with patches and archives, the chosen one marked', async (t) => {
  const dir = build(t);
  addFiles(dir, {
    'patches/intel--igb--5.3.5.4': 'x',
    'patches/intel--igb--5.3.5.10': 'x',
    'patches/vanilla--igb--31200--99999': 'x',
    'ext-drivers/igb/v5.19.4.zip': 'x',
    'ext-drivers/igb/v$(touch pwned).zip': 'x',
  });
  const { stdout, status } = await netmapConfigure(dir, ['fetch', '--list', 'igb']);
  assert.equal(status, 0);
  const rows = stdout.split('\n').filter((line) => line.startsWith('igb'));
  assert.deepEqual(
    rows.map((row) => row.replaceAll(dir, '.').split(/ +/).slice(1)),
    [
      ['5.19.4', '-', './ext-drivers/igb/v5.19.4.zip'],
      ['*5.3.5.10', 'intel--igb--5.3.5.10', '-'],
      ['5.3.5.4', 'intel--igb--5.3.5.4', '-'],
    ],
  );
});

test('names that are none of a driver, a version or a mirror: exit 2, and nothing is done', async (t) => {
  const dir = makeTree(t, {});
  for (const args of [
    ['fetch', 'igx'],
    ['fetch', 'veth.c'],
    ['fetch', 'igb:../../etc'],
    ['fetch', 'igb:$(touch pwned)'],
    ['fetch', 'igb', '--mirrors=ftp://127.0.0.1/'],
    ['fetch', 'igb', '--mirrors=file:///etc'],
    ['fetch', 'igb', '--mirrors=https://user:secret@127.0.0.1/'],
    ['fetch', 'igb', '--mirrors=$(touch pwned)'],
  ]) {
    const { status, stdout, stderr } = await netmapConfigure(dir, args);
    assert.equal(status, 2, `${args.join(' ')}: ${stdout}${stderr}`);
    assert.match(stderr, /^error: /);
    assert.deepEqual(readdirSync(dir), []);
  }
});

test('the proxy of the environment is used for http and for https, and no_proxy is respected', async (t) => {
  const mirror = await serve(t, { [PLACE]: file(archive) });
  const through: string[] = [];
  const proxy = createServer((incoming, outgoing) => {
    through.push(`${incoming.method} ${incoming.url}`);
    ask(incoming.url ?? '', { headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    }).end();
  });
  proxy.on('connect', (incoming, socket) => {
    through.push(`CONNECT ${incoming.url}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => proxy.close());
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const env = { http_proxy: address, https_proxy: address, no_proxy: '', NO_PROXY: '' };

  const plain = await netmapConfigure(build(t), ['fetch', 'igb', `--mirrors=${mirror.url}`], env);
  assert.equal(plain.status, 0, plain.stdout);
  assert.deepEqual(through, [`GET ${mirror.url}${PLACE}`]);

  const secure = await netmapConfigure(build(t), ['fetch', 'igb', '--mirrors=https://mirror.test/x'], env);
  assert.equal(secure.status, 4);
  assert.ok(through.includes('CONNECT mirror.test:443'), through.join());
  assert.match(secure.stdout, /https:\/\/mirror\.test\/x\/igb\/v5\.10\.2\.zip: .*(403|Proxy)/i);

  const before = through.length;
  const past = await netmapConfigure(build(t), ['fetch', 'igb', `--mirrors=${mirror.url}`], {
    ...env,
    no_proxy: '127.0.0.1',
  });
  assert.equal(past.status, 0);
  assert.equal(through.length, before);
});

test("https: a certificate of one's own is trusted when it is named, and the first checksum holds", async (t) => {
  const dir = makeTree(t, {});
  const made = spawnSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'],
      ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', 'key.pem', '-out', 'cert.pem'],
    ],
    { cwd: dir, encoding: 'utf8' },
  );
  assert.equal(made.status, 0, made.stderr);
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => readFileSync(path.join(dir, name), 'utf8'));
  const plain = await serve(t, { [PLACE]: file(archive) });
  let data = archive;
  const mirror = await serve(
    t,
    {
      [PLACE]: (request, response) => file(data)(request, response),
      [`/down${PLACE}`]: (_, response) => response.writeHead(302, { location: plain.url + PLACE }).end(),
    },
    { key: key as string, cert: cert as string },
  );
  const args = ['fetch', 'igb', `--mirrors=${mirror.url}`];
  const stranger = await netmapConfigure(dir, args);
  assert.equal(stranger.status, 4);
  assert.match(stranger.stdout, /https:\/\/127\S+\.zip: self-signed certificate/);

  const trusted = { NODE_EXTRA_CA_CERTS: path.join(dir, 'cert.pem') };
  const down = await netmapConfigure(dir, ['fetch', 'igb', `--mirrors=${mirror.url}/down`], trusted);
  assert.match(down.stdout, /redirects to http:\/\/, which is not followed/);
  assert.deepEqual(plain.asked, []);

  const first = await netmapConfigure(dir, args, trusted);
  assert.equal(first.status, 0, first.stdout);
  assert.match(first.stdout, /compared with nothing: put it into ext-drivers\/SHA256SUMS/);
  const stored = path.join(dir, 'cache/ext-drivers', PLACE);
  assert.equal(readFileSync(`${stored}.sha256`, 'utf8').trim(), sha256(archive));
  rmSync(stored);
  data = zip(intelItems('igb', '5.10.2', [{ path: 'changed', data: 'x' }]));
  const changed = await netmapConfigure(dir, args, trusted);
  assert.equal(changed.status, 4);
  assert.match(changed.stdout, /the SHA-256 is [0-9a-f]+, and \S+\.zip\.sha256 says/);
});

test('killed at any moment, a second run completes and leaves no scraps', async (t) => {
  const noise = randomBytes(400_000);
  const large = zip(intelItems('igb', '5.10.2', [{ path: 'noise', data: noise }]));
  let kill: () => void = () => undefined;
  const good = file(large);
  const dir = makeTree(t, { 'ext-drivers/SHA256SUMS': `${sha256(large)}  igb/v5.10.2.zip\n` });
  let moments = 0;
  const mirror = await serve(t, {
    [PLACE]: (request, response) => {
      if (moments++ >= 4) return good(request, response);
      response.writeHead(200, { 'content-length': large.length, etag: `"${sha256(large)}"` });
      response.write(large.subarray(0, moments * 80_000), () => kill());
    },
  });
  const args = ['fetch', 'igb', `--mirrors=${mirror.url}`];
  const program = path.join(packageRoot, 'bin/netmap-configure.js');
  for (let round = 0; round < 4; round++) {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: dir,
      env: { ...process.env, NETMAP_CACHE_DIR: path.join(dir, 'cache'), no_proxy: '127.0.0.1' },
      stdio: 'ignore',
    });
    kill = () => child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
    assert.ok(!existsSync(path.join(dir, 'cache/ext-drivers/igb/v5.10.2.zip')));
  }
  const last = await netmapConfigure(dir, args);
  assert.equal(last.status, 0, last.stdout);
  assert.deepEqual(readFileSync(path.join(dir, 'cache/ext-drivers/igb/v5.10.2.zip')), large);
  const left = readdirSync(path.join(dir, 'cache'), { recursive: true, encoding: 'utf8' });
  assert.deepEqual(
    left.filter((name) => /part|tmp|\.new|\.lock$/.test(name)),
    [],
  );
});

test('a port that nobody listens on is free for this test', async () => {
  const state = await new Promise<string>((resolve) => {
    const socket = connect(2, '127.0.0.1');
    socket.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? ''));
    socket.on('connect', () => resolve('connected'));
  });
  assert.equal(state, 'ECONNREFUSED');
});
