import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { realFiles } from '../../../src/core/files.js';
import { packageRoot } from '../../../src/core/paths.js';
import { createRunner } from '../../../src/core/runner.js';
import { findManifests, parseManifest } from '../../../src/machine/install/manifest.js';
import { planUninstall, renderUninstall, uninstall } from '../../../src/machine/install/uninstall.js';
import { addFiles, makeTree } from '../../support/tree.js';

const MANIFEST = '/usr/local/share/netmap/installed';
const tools = { files: realFiles, runner: createRunner() };

/** What make does with a staging folder. */
function install(stage: string, root: string, manifest = MANIFEST) {
  const script = path.join(packageRoot, 'templates/install.sh');
  const { status, stderr } = spawnSync('sh', [script, stage, root, manifest], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}

function staged(t: TestContext, contents: Record<string, string>): string {
  const stage = path.join(makeTree(t, {}), 'stage');
  addFiles(stage, contents);
  return stage;
}

const request = (destdir: string, more = {}) => ({
  prefix: '/usr/local',
  destdir,
  installModPath: destdir,
  force: false,
  runningRelease: 'none',
  sysfs: '/nowhere',
  ...more,
});

/** Every file and directory below a folder. */
const below = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

test('what was installed is listed as sha256sum reads it, and uninstall leaves what was there before', async (t) => {
  const root = makeTree(t, { 'usr/local/bin/other': 'of somebody else' });
  const before = below(root);
  const stage = staged(t, { 'usr/local/bin/pkt-gen': 'one', 'usr/local/lib/libnetmap.so.1.0.0': 'two' });
  symlinkSync('libnetmap.so.1.0.0', path.join(stage, 'usr/local/lib/libnetmap.so'));
  install(stage, root);
  assert.ok(!existsSync(stage), 'nothing of the staging folder is left');
  const check = spawnSync('sh', [
    '-c',
    `cd ${root} && sed 's|  /|  |' ${root}${MANIFEST} | sha256sum -c --strict`,
  ]);
  assert.equal(check.status, 0, String(check.stderr));

  const plan = await planUninstall(request(root), realFiles);
  const result = await uninstall(plan, false, tools);
  assert.equal(result.removed.length, 3);
  assert.match(renderUninstall(plan, result), /^3 files removed$/m);
  assert.deepEqual(below(root), before);
  await assert.rejects(planUninstall(request(root), realFiles), { code: 'not-installed' });
});

test('a second installation adds to the list and replaces what changed; an older file stays listed', async (t) => {
  const root = makeTree(t, {});
  install(staged(t, { 'usr/local/bin/bridge': '1', 'usr/local/bin/lb': '1' }), root);
  const inode = statSync(path.join(root, 'usr/local/bin/lb')).ino;
  install(
    staged(t, { 'usr/local/bin/bridge': '2', 'usr/local/bin/lb': '1', 'usr/local/bin/tlem': '1' }),
    root,
  );
  assert.equal(statSync(path.join(root, 'usr/local/bin/lb')).ino, inode, 'an equal file is left alone');
  install(staged(t, { 'usr/local/bin/tlem': '3' }), root);
  const [manifest] = await findManifests(request(root), realFiles);
  assert.deepEqual(
    manifest?.entries.map(({ path: file, digests }) => [path.basename(file), digests.length]).sort(),
    [
      ['bridge', 1],
      ['lb', 1],
      ['tlem', 1],
    ],
  );
  const plan = await planUninstall(request(root), realFiles);
  assert.ok(plan.manifests.every(({ files }) => files.every(({ state }) => state === 'as-installed')));
});

test('a changed file is told and kept, and listed still; --force removes it', async (t) => {
  const root = makeTree(t, {});
  install(staged(t, { 'usr/local/bin/bridge': '1', 'usr/local/bin/lb': '1' }), root);
  const lb = path.join(root, 'usr/local/bin/lb');
  writeFileSync(lb, 'mine');
  const plan = await planUninstall(request(root), realFiles);
  const result = await uninstall(plan, false, tools);
  assert.deepEqual(result.kept, [lb]);
  assert.match(renderUninstall(plan, result), new RegExp(`^CHANGED, kept  ${lb}$`, 'm'));
  assert.equal(readFileSync(lb, 'utf8'), 'mine');

  const again = await planUninstall(request(root), realFiles);
  assert.equal(again.manifests[0]?.files.length, 1);
  await uninstall(again, true, tools);
  assert.deepEqual(below(root), []);
});

test('modules that are loaded stop it before anything is removed', async (t) => {
  const modules = '/lib/modules/6.12-test/updates/netmap.installed';
  const root = makeTree(t, { 'sys/module/netmap/holders/r8169': '', 'sys/module/lb/holders/x': '' });
  install(staged(t, { 'lib/modules/6.12-test/updates/netmap.ko': '1' }), root, modules);
  install(staged(t, { 'lib/modules/6.12-test/updates/realtek/r8169.ko.xz': '1' }), root, modules);
  const [manifest] = await findManifests(request(root), realFiles);
  assert.equal(manifest?.release, '6.12-test');
  const plan = { ...(await planUninstall(request(root), realFiles)), inUse: ['netmap', 'r8169'] };
  await assert.rejects(uninstall(plan, false, tools), { code: 'modules-in-use' });
  assert.ok(existsSync(path.join(root, 'lib/modules/6.12-test/updates/netmap.ko')));
  await uninstall(plan, true, tools);
  assert.deepEqual(readdirSync(path.join(root)), ['sys']);
});

test('an installation that is killed is listed as a whole, and its leftovers go', async (t) => {
  const root = makeTree(t, {});
  install(staged(t, { 'usr/local/bin/bridge': '1' }), root);
  addFiles(root, { 'usr/local/bin/bridge.netmap-new': 'half' });
  const list = readFileSync(`${root}${MANIFEST}`, 'utf8');
  const digest = spawnSync('sha256sum', [], { input: '2', encoding: 'utf8' }).stdout.slice(0, 64);
  writeFileSync(`${root}${MANIFEST}`, `${list}${digest}  /usr/local/bin/bridge\n`);
  const plan = await planUninstall(request(root), realFiles);
  assert.equal(plan.manifests[0]?.files[0]?.state, 'as-installed');
  await uninstall(plan, false, tools);
  assert.deepEqual(below(root), []);
});

for (const line of [
  'nonsense',
  `${'0'.repeat(64)}  relative`,
  `${'0'.repeat(64)}  /usr/../etc/passwd`,
  '# directory ../x',
]) {
  test(`a list with ${JSON.stringify(line.replace(/^0+/, '0'))} is refused`, () => {
    assert.throws(() => parseManifest(`${line}\n`, 'f', ''), { code: 'manifest-unreadable' });
  });
}
