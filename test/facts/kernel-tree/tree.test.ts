import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { NetmapError } from '../../../src/core/errors.js';
import { realFiles } from '../../../src/core/files.js';
import { describeKernel } from '../../../src/facts/kernel-tree/tree.js';
import { addFiles, kernelHeaders, kernelSources, makeTree } from '../../support/tree.js';

const CODE = 396383; // 6.12.95

function describe(kernelDir: string, rest: { kernelSources?: string; env?: Record<string, string> } = {}) {
  return describeKernel({ kernelDir, runningRelease: '0.0.0', ...rest }, realFiles);
}

function headers(t: TestContext, config?: string): string {
  return makeTree(t, kernelHeaders(CODE, 95, config));
}

async function refusal(promise: Promise<unknown>): Promise<NetmapError['problem']> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof NetmapError, String(error));
    return error.problem;
  }
  assert.fail('it was accepted');
}

test('describes prepared headers', async (t) => {
  const dir = headers(
    t,
    'CONFIG_R8169=m\nCONFIG_CC_VERSION_TEXT="gcc-12 (Debian) 12.2.0"\n# CONFIG_IGB is not set\n',
  );
  const kernel = await describe(dir);
  assert.equal(kernel.version.hex, '60c5f');
  assert.equal(kernel.release, '6.12.95-test');
  assert.equal(kernel.config.get('CONFIG_R8169'), 'm');
  assert.equal(kernel.config.get('CONFIG_IGB'), undefined);
  assert.equal(kernel.compiler, 'gcc-12 (Debian) 12.2.0');
  assert.equal(kernel.symversPath, path.join(dir, 'Module.symvers'));
  assert.equal(kernel.sources.state, 'missing');
});

test('the release is the one in the kernel, not the one without the ABI of Debian 11 and 12', async (t) => {
  const dir = makeTree(t, {
    ...kernelHeaders(CODE, 95),
    'include/config/kernel.release': '6.12.95\n',
  });
  assert.equal((await describe(dir)).release, '6.12.95-test');
  rmSync(path.join(dir, 'include/generated/utsrelease.h'));
  assert.equal((await describe(dir)).release, '6.12.95');
});

test('takes configuration symbols from the environment where .config has none', async (t) => {
  const kernel = await describe(headers(t), { env: { CONFIG_IGB: 'm', CONFIG_R8169: 'y' } });
  assert.equal(kernel.config.get('CONFIG_IGB'), 'm');
  assert.equal(kernel.config.get('CONFIG_R8169'), 'm');
});

test('refuses missing headers', async () => {
  const problem = await refusal(describe('/nowhere/at/all'));
  assert.equal(problem.code, 'kernel-dir-missing');
  assert.match(problem.what, /\/nowhere\/at\/all does not exist/);
});

test('names the package when the headers of the running kernel are missing', async () => {
  const problem = await refusal(describeKernel({ runningRelease: '9.9.9-none' }, realFiles));
  assert.match(problem.mend ?? '', /linux-headers-9\.9\.9-none/);
});

test('$kernelver replaces the running release', async () => {
  const request = { runningRelease: '9.9.9-none', env: { kernelver: '8.8.8-dkms' } };
  const problem = await refusal(describeKernel(request, realFiles));
  assert.match(problem.what, /\/lib\/modules\/8\.8\.8-dkms\/build/);
});

const parts: [string, RegExp][] = [
  ['.config', /oldconfig/],
  ['include/generated/uapi/linux/version.h', /modules_prepare/],
  ['include/generated/autoconf.h', /modules_prepare/],
  ['scripts/mod/modpost', /modules_prepare/],
];
for (const [part, mend] of parts) {
  test(`an unprepared tree is refused, naming ${part}`, async (t) => {
    const dir = headers(t);
    rmSync(path.join(dir, part));
    const problem = await refusal(describe(dir));
    assert.equal(problem.code, 'kernel-not-prepared');
    assert.equal(problem.why, `missing: ${part}`);
    assert.match(problem.mend ?? '', mend);
  });
}

test('objtool is needed when the configuration says so', async (t) => {
  const problem = await refusal(describe(headers(t, 'CONFIG_OBJTOOL=y\n')));
  assert.match(problem.why ?? '', /tools\/objtool\/objtool/);
});

test('a Debian build directory without its -common package is refused', async (t) => {
  const dir = headers(t);
  addFiles(dir, { Makefile: 'include /nowhere/linux-headers-6.12-common/Makefile\n' });
  const problem = await refusal(describe(dir));
  assert.match(problem.why ?? '', /\/nowhere\/linux-headers-6\.12-common\/Makefile/);
  assert.match(problem.mend ?? '', /-common/);
});

test('accepts sources of the same version', async (t) => {
  const sources = makeTree(t, kernelSources([6, 12, 95], ''));
  const kernel = await describe(headers(t), { kernelSources: sources });
  assert.equal(kernel.sourceDir, sources);
});

test('reports sources of another version with both versions', async (t) => {
  const sources = makeTree(t, kernelSources([6, 12, 90], ''));
  const kernel = await describe(headers(t), { kernelSources: sources });
  assert.equal(kernel.sourceDir, undefined);
  assert.ok(kernel.sources.state === 'mismatch');
  assert.equal(kernel.sources.version.dotted, '6.12.90');
  assert.equal(kernel.version.dotted, '6.12.95');
});

test('refuses headers given as sources', async (t) => {
  const problem = await refusal(describe(headers(t), { kernelSources: headers(t) }));
  assert.equal(problem.code, 'sources-missing');
  assert.match(problem.why ?? '', /headers alone/);
});

test('a build directory that is a full source tree serves as sources', async (t) => {
  const dir = headers(t);
  addFiles(dir, kernelSources([6, 12, 95], ''));
  assert.equal((await describe(dir)).sourceDir, dir);
});
