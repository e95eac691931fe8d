/*
 * netmap-configure load / status / unload on a live r8169, with the connection that gives the orders running over that
 * very NIC; a failure is forced at every step. What is asserted stands in guest/load.sh.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
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

test('load, status and unload over the NIC itself; failures at every step; confirmation; kill -9', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'netmap-load-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const archive = path.join(folder, 'pkg.tar');
  packTool(archive);
  const verdict = await runNetmapVm({
    series: '6.12',
    script: 'load.sh',
    spec: {
      nics: [{ model: 'rtl8168' }, { model: 'e1000' }],
      availableModules: ['e1000'],
      programs: [process.execPath],
      files: { '/pkg.tar': { host: archive } },
      memoryMb: 2048,
      timeoutMs: 900_000,
    },
  });
  assert.ok(Number(verdict.data['load.offline_ms']) <= 15_000);
});
