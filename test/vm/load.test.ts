/*
 * netmap-configure load / status / unload on a live r8169, with the connection that gives the orders running over that
 * very NIC; a failure is forced at every step. What is asserted stands in
 * guest/load.sh and load-killed.sh.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { buildNetmap } from '../../src/lab/demo/build.js';
import { obtainKernel } from '../../src/lab/vm/debian-kernel.js';
import { createKey } from '../../src/machine/sign/keys.js';
import { findSignFile } from '../../src/machine/sign/modules.js';
import { signModules } from '../../src/machine/sign/sign.js';
import { vmDeps } from './fixture.js';
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

/** More moments take minutes. */
const MOMENTS = process.env.NETMAP_NIGHTLY === '1' ? 20 : 2;

async function inVm(
  t: TestContext,
  script: string,
  more: (folder: string) => Promise<Record<string, string>>,
) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'netmap-load-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const archive = path.join(folder, 'pkg.tar');
  packTool(archive);
  const files = {
    '/pkg.tar': archive,
    '/load-setup.sh': path.join(packageRoot, 'test/vm/guest/load-setup.sh'),
    ...(await more(folder)),
  };
  return runNetmapVm({
    series: '6.12',
    script,
    variables: { MOMENTS },
    spec: {
      nics: [{ model: 'rtl8168' }, { model: 'e1000' }],
      availableModules: ['e1000'],
      programs: [process.execPath],
      files: Object.fromEntries(Object.entries(files).map(([name, host]) => [name, { host }])),
      memoryMb: 2048,
      timeoutMs: 1_800_000,
    },
  });
}

test('load, status and unload over the NIC itself; failures at every step; confirmation', async (t) => {
  await inVm(t, 'load.sh', async () => ({}));
});

/** Modules of another name, and netmap.ko with a signature of the kernel's own program, whose key no kernel knows. */
async function otherModules(folder: string): Promise<Record<string, string>> {
  const deps = vmDeps();
  const kernel = await obtainKernel('6.12', deps);
  const named = await buildNetmap(kernel, deps, ['--mod-name=netmap_x']);
  const plain = await buildNetmap(kernel, deps);
  const key = { key: path.join(folder, 'k.priv'), certificate: path.join(folder, 'k.der') };
  await createKey(key, deps);
  const signed = path.join(folder, 'netmap.ko');
  copyFileSync(plain.netmap, signed);
  const request = { ...key, modules: [signed], ...(await findSignFile(plain.directory, deps.files)) };
  const [state] = await signModules(request, deps);
  assert.equal(state?.by, path.join(kernel.buildDir, 'scripts/sign-file'));
  // Debian's modinfo reads it as the kernel does.
  const info = spawnSync('/usr/sbin/modinfo', [signed], { encoding: 'utf8' }).stdout;
  assert.match(info, /^sig_id: +PKCS#7$/m);
  assert.match(info, /^signer: +netmap module signing key of /m);
  assert.match(info, new RegExp(`^sig_hashalgo: +${state?.digest}$`, 'm'));
  const core = path.join(named.directory, 'netmap_x.ko');
  return { '/netmap_x.ko': core, '/r8169_x.ko': named.r8169, '/signed.ko': signed };
}

test('load is killed at random moments: the next run completes; other names; signatures', async (t) => {
  await inVm(t, 'load-killed.sh', otherModules);
});
