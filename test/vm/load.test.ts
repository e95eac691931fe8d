/*
 * netmap-configure load / status / unload on a live r8169, with the connection that gives the orders running over that
 * very NIC; a failure is forced at every step. What is asserted stands in
 * guest/load.sh and load-killed.sh.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../src/system/paths.js';
import { runNetmapVm } from './netmap.js';

/** The tool as it is installed: its code and the packages that it runs with. */
function packTool(to: string): void {
  const listed = spawnSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
    cwd: packageRoot,
    encoding: 'utf8',
  });
  const modules = listed.stdout
    .split('\n')
    .filter((line) => line.includes('/node_modules/'))
    .map((line) => path.relative(packageRoot, line));
  assert.ok(modules.length > 3, listed.stderr);
  const parts = ['package.json', 'bin', 'dist/src', 'kernel/objects.mak', 'drivers', ...modules];
  const packed = spawnSync('tar', ['-cf', to, ...parts], { cwd: packageRoot, encoding: 'utf8' });
  assert.equal(packed.status, 0, packed.stderr);
}

async function inVm(t: TestContext, script: string) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'netmap-load-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const archive = path.join(folder, 'pkg.tar');
  packTool(archive);
  return runNetmapVm({
    series: '6.12',
    script,
    spec: {
      nics: [{ model: 'rtl8168' }, { model: 'e1000' }],
      availableModules: ['e1000'],
      programs: [process.execPath],
      files: {
        '/pkg.tar': { host: archive },
        '/load-setup.sh': { host: path.join(packageRoot, 'test/vm/guest/load-setup.sh') },
      },
      memoryMb: 2048,
      timeoutMs: 900_000,
    },
  });
}

test('load, status and unload over the NIC itself; failures at every step; confirmation', async (t) => {
  const verdict = await inVm(t, 'load.sh');
  assert.ok(Number(verdict.data['load.offline_ms']) <= 15_000);
});

test('load is killed while the NIC has no driver: the next run completes', async (t) => {
  await inVm(t, 'load-killed.sh');
});
