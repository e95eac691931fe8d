import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NetmapError } from '../../../src/core/errors.js';
import { realFiles } from '../../../src/core/files.js';
import { cacheDirectory } from '../../../src/core/paths.js';
import type { Command, Runner } from '../../../src/core/runner.js';
import { acquireSettings, sourcesFor } from '../../../src/lab/vm/apt-sources.js';
import {
  buildRootNeeds,
  obtainBuildRoot,
  runnerForKernel,
  runnerIn,
} from '../../../src/lab/vm/build-root.js';

const config = (compiler: string) =>
  `CONFIG_CC_VERSION_TEXT="x86_64-linux-gnu-${compiler} (Debian 14.2.0-19) 14.2.0"\n`;

test('suite and compiler of a kernel', () => {
  for (const [release, compiler, suite] of [
    ['6.12.95+deb12-amd64', 'gcc-12', 'bookworm'],
    ['7.3.4+deb13-amd64', 'gcc-14', 'trixie'],
    ['7.2.13+deb14-amd64', 'gcc-16', 'sid'],
    ['7.1.1-amd64', 'gcc-15', 'sid'],
  ] as const) {
    assert.deepEqual(buildRootNeeds(release, config(compiler)), { suite, compiler });
  }
  assert.equal(buildRootNeeds('7.3.4+deb13-amd64', config('clang-19')), undefined);
  assert.equal(buildRootNeeds('7.3.4+deb13-amd64', ''), undefined);
});

/** Takes down what it is to run. */
function recorder(): { runner: Runner; seen: Command[] } {
  const seen: Command[] = [];
  const runner = {
    run: async (command: Command) => {
      seen.push(command);
      return { exitCode: 0, stdout: '', stderr: '', timedOut: false };
    },
  };
  return { runner, seen };
}

test('commands get the environment of the build root, their own first', async () => {
  const { runner, seen } = recorder();
  const inside = runnerIn({ directory: '/r', env: { PATH: '/r/bin:/bin' } }, runner);
  await inside.run({ file: 'make', args: [], env: { LC_ALL: 'C' } });
  await inside.run({ file: 'make', args: [], env: { PATH: '/own' } });
  assert.deepEqual(
    seen.map(({ env }) => env),
    [{ PATH: '/r/bin:/bin', LC_ALL: 'C' }, { PATH: '/own' }],
  );
});

test('kernels of the host, and those that it builds for, get no build root', async () => {
  const { runner, seen } = recorder();
  const deps = { runner, files: realFiles };
  assert.equal(await runnerForKernel('/lib/modules/7.3.4/build', deps), runner);
  assert.equal(await runnerForKernel(`${cacheDirectory()}/no-such-kernel`, deps), runner);
  const kernel = { release: '6.12.95+deb12-amd64', buildDir: '/nowhere', hostBuild: true };
  assert.deepEqual(await obtainBuildRoot(kernel, deps), { env: {} });
  assert.deepEqual(seen, []);
});

test('without mmdebstrap, or for a kernel that names no compiler, the error says what to do', async () => {
  const { runner, seen } = recorder();
  const kernel = { release: '7.3.4+deb13-amd64', buildDir: '/k', hostBuild: false };
  const host = (text: string) => ({
    runner,
    files: { ...realFiles, exists: async () => false, read: async () => text },
  });
  await assert.rejects(obtainBuildRoot(kernel, host('')), { code: 'build-root-unusable' });
  await assert.rejects(
    obtainBuildRoot(kernel, host(config('gcc-14'))),
    (error: NetmapError) =>
      error.code === 'vm-prerequisites' && /apt-get install .*mmdebstrap/.test(error.problem.mend ?? ''),
  );
  assert.deepEqual(seen, []);
});

test('settings and sources for another tool: binary packages only, the way of fetching kept', () => {
  const mirror = { archive: 'http://a/debian/', security: 'http://s/debian-security/' };
  assert.match(
    sourcesFor(mirror, ['sid'], '/k.gpg', 'deb'),
    /^Types: deb\nURIs: http:\/\/a\/debian\/\nSuites: sid\n/,
  );
  assert.deepEqual(acquireSettings('Acquire::Retries "3";\nAPT::Install-Recommends "0";\n'), [
    'Acquire::Retries "3";',
    'Acquire::Languages "none";',
  ]);
});
