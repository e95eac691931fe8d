import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { zip } from '../facts/external/archives.js';
import { file, serve, sha256 } from '../facts/external/server.js';
import { vendorItems, vendorPatch } from '../facts/external/vendor-driver.js';
import { makeTree } from '../support/tree.js';
import { kernel, type Outcome, run } from './fixture.js';

const VERSION = '5.10.2';

/** Runs the tool while the server of this process answers. */
function configure(build: string, args: readonly string[]): Promise<Outcome> {
  const child = spawn(path.join(packageRoot, 'bin/netmap-configure.js'), args, {
    cwd: build,
    env: { ...process.env, NETMAP_CACHE_DIR: path.join(build, 'cache'), no_proxy: '127.0.0.1', NO_PROXY: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)));
  return new Promise((resolve) => child.on('close', (status) => resolve({ status: status ?? -1, output })));
}

test("a vendor's driver: fetched, unpacked, patched, prepared, built against netmap.ko, installed, removed", async (t) => {
  const { buildDir, sourceDir, release } = await kernel('6.12');
  const archive = zip(vendorItems(VERSION));
  const mirror = await serve(t, { [`/igb/v${VERSION}.zip`]: file(archive) });
  const build = makeTree(t, {
    [`patches/intel--igb--${VERSION}`]: vendorPatch(),
    'ext-drivers/SHA256SUMS': `${sha256(archive)}  igb/v${VERSION}.zip\n`,
  });
  const root = path.join(build, 'root');
  const args = [
    ...[`--kernel-dir=${buildDir}`, `--kernel-sources=${sourceDir}`, '--drivers=igb', '--no-apps'],
    ...[`--mirrors=${mirror.url}`, `--select-version=igb:${VERSION}`, '--driver-suffix=-netmap'],
    ...['--enable-sink', '--disable-pipe', `--install-mod-path=${root}`, `--destdir=${root}`],
  ];
  const configured = await configure(build, args);
  assert.equal(configured.status, 0, configured.output);
  assert.match(
    configured.output,
    /Fetching igb 5\.10\.2: http:.*\n\*\*\* If this fails, place the file at \S+\/ext-drivers\/igb\/v5/,
  );
  const drivers = readFileSync(path.join(build, 'drivers.mak'), 'utf8');
  assert.match(
    drivers,
    /^igb@conf := CONFIG_IGB\nigb@src := cp -Rp \S+ ethernet-linux-igb-5\.10\.2 && ln .*\nigb@patch := patches\/intel--igb--5\.10\.2\n$/,
  );

  const make = run(build, 'make', []);
  assert.equal(make.status, 0, make.output);
  const module = path.join(build, 'igb/igb-netmap.ko');
  assert.match(run(build, '/usr/sbin/modinfo', ['-F', 'depends', module]).output, /netmap/);
  assert.equal(readlinkSync(path.join(build, 'igb')), `ethernet-linux-igb-${VERSION}/src`);
  assert.match(
    readFileSync(path.join(build, 'igb/common.mk'), 'utf8'),
    /warn_signed_modules \+=/,
    'prepared',
  );
  rmSync(path.join(build, 'cache'), { recursive: true });
  const again = run(build, 'make', []);
  assert.equal(again.status, 0, again.output);
  assert.doesNotMatch(again.output, /CC \[M\]|GET|PATCH/, 'a second make copies and compiles nothing');

  const install = run(build, 'make', ['install']);
  assert.equal(install.status, 0, install.output);
  const installed = run(root, 'find', ['.', '-type', 'f']).output;
  for (const place of ['updates/netmap.ko', 'updates/drivers/net/ethernet/intel/igb/igb-netmap.ko']) {
    assert.ok(installed.includes(`lib/modules/${release}/${place}`), installed);
  }
  assert.match(installed, /usr\/share\/man\/man7\/igb\.7/);

  assert.equal(run(build, 'make', ['clean-igb']).status, 0);
  assert.ok(!existsSync(module));
  // A driver that does not compile: netmap.ko is built all the same, and make says whose fault it is.
  for (const [change, blame] of [
    ['#error the patch\n', /unpatched sources of igb build: the patch, or netmap's headers, are the cause/],
    ['', /unpatched sources of igb do not build for this kernel either: netmap's patch is not the cause/],
  ] as const) {
    const main = change === '' ? 'int igb_main = no_such_thing;\n' : undefined;
    const broken = zip(vendorItems(VERSION, main));
    writeFileSync(path.join(build, 'ext-drivers/SHA256SUMS'), '');
    writeFileSync(path.join(build, `patches/intel--igb--${VERSION}`), vendorPatch(change || undefined));
    rmSync(path.join(build, 'igb'), { force: true });
    const own = makeTree(t, {});
    writeFileSync(path.join(own, `ethernet-linux-igb-${VERSION}.zip`), broken);
    if (main !== undefined) writeFileSync(path.join(build, 'config.mak'), 'igb@patch := none\n');

    const second = await configure(build, [...args, '--offline', `--ext-drivers-dir=${own}`]);
    assert.equal(second.status, 0, second.output);
    const failed = run(build, 'make', []);
    assert.notEqual(failed.status, 0);
    assert.match(failed.output, blame);
    assert.match(failed.output, /not built: igb/);
    assert.ok(existsSync(path.join(build, 'netmap.ko')));
    assert.match(
      run(build, 'make', ['install']).output,
      /nothing installed, these modules are missing: igb\/igb-netmap\.ko/,
    );
  }

  assert.equal(run(build, 'make', ['distclean']).status, 0);
  assert.deepEqual(readdirSync(build).sort(), ['cache', 'config.mak', 'ext-drivers', 'patches', 'root']);
});
