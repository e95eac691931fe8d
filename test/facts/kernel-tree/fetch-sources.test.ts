import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { NetmapError } from '../../../src/core/errors.js';
import { realFiles } from '../../../src/core/files.js';
import { createRunner, type Runner } from '../../../src/core/runner.js';
import { fetchSources, sourcePackage } from '../../../src/facts/kernel-tree/fetch-sources.js';
import { kernelVersion } from '../../../src/facts/kernel-tree/version.js';
import { addFiles, makeTree } from '../../support/tree.js';

const version = kernelVersion(6, 12, 95);
const release = '6.12.95+deb12-amd64';
const debian = '#1 SMP PREEMPT_DYNAMIC Debian 6.12.95-1~bpo12+1 (2026-07-05)';

test('the package follows from the banner of the headers', () => {
  assert.deepEqual(sourcePackage('debian', { version, release }, debian), {
    name: 'linux-source-6.12',
    version: '6.12.95-1~bpo12+1',
  });
  const ubuntu = { version: kernelVersion(6, 11, 0), release: '6.11.0-13-generic' };
  assert.deepEqual(sourcePackage('ubuntu', ubuntu, '#14-Ubuntu SMP PREEMPT_DYNAMIC Sat Nov 30'), {
    name: 'linux-source-6.11.0',
    version: '6.11.0-13.14',
  });
  assert.equal(sourcePackage('debian', { version, release }, '#1 SMP me@home'), undefined);
  assert.equal(sourcePackage('fedora', { version, release }, debian), undefined);
});

/** An archive in a folder, with a source package; apt sees nothing else through the runner. */
function archive(
  t: TestContext,
  packageVersion: string,
): { runner: Runner; buildDir: string; cache: string } {
  const root = makeTree(t, {
    'pkg/DEBIAN/control': `Package: linux-source-6.12\nVersion: ${packageVersion}\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: sources\n`,
    'pkg/usr/src/linux-source-6.12.tar.xz': 'packed sources\n',
    'headers/include/generated/utsversion.h': `#define UTS_VERSION "${debian}"\n`,
    'state/lists/partial/x': '',
    'cache/archives/partial/x': '',
    status: '',
    'repo/x': '',
  });
  const run = (...words: string[]) => {
    const [file, ...args] = words as [string, ...string[]];
    const result = spawnSync(file, args, { cwd: root, encoding: 'utf8', env });
    assert.equal(result.status, 0, result.stderr);
    return result.stdout;
  };
  const env = { ...process.env, APT_CONFIG: path.join(root, 'apt.conf'), LC_ALL: 'C' };
  run('dpkg-deb', '--build', 'pkg', 'repo/source.deb');
  const deb = readFileSync(path.join(root, 'repo/source.deb'));
  const sum = createHash('sha256').update(deb).digest('hex');
  const control = run('dpkg-deb', '-f', 'repo/source.deb').trimEnd();
  addFiles(root, {
    'repo/Packages': `${control}\nFilename: ./source.deb\nSize: ${deb.length}\nSHA256: ${sum}\n`,
    'sources.list': `deb [trusted=yes] file:${root}/repo ./\n`,
    'apt.conf': [
      `Dir::State "${root}/state";`,
      `Dir::State::status "${root}/status";`,
      `Dir::Cache "${root}/cache";`,
      `Dir::Etc::SourceList "${root}/sources.list";`,
      'Dir::Etc::SourceParts "/dev/null";',
      'Dir::Etc::Parts "/dev/null";',
      'APT::Sandbox::User "root";',
      '',
    ].join('\n'),
  });
  run('apt-get', '-q', 'update');
  const real = createRunner();
  return {
    runner: {
      run: (command) => real.run({ ...command, env: { ...command.env, APT_CONFIG: env.APT_CONFIG } }),
    },
    buildDir: path.join(root, 'headers'),
    cache: path.join(root, 'netmap-cache'),
  };
}

test('fetches exactly the version of the headers, once, and finishes after an interrupted run', async (t) => {
  const { runner, buildDir, cache } = archive(t, '6.12.95-1~bpo12+1');
  const tools = { runner, files: realFiles, cache };
  const file = await fetchSources({ version, release, buildDir }, 'debian', tools);
  assert.equal(readFileSync(file, 'utf8'), 'packed sources\n');
  assert.ok(file.startsWith(cache) && file.endsWith('/usr/src/linux-source-6.12.tar.xz'), file);
  writeFileSync(path.join(path.dirname(file), 'mine'), '');
  await fetchSources({ version, release, buildDir }, 'debian', tools);
  assert.ok(existsSync(path.join(path.dirname(file), 'mine')), 'not fetched again');
});

test('another version is not taken instead', async (t) => {
  const { runner, buildDir, cache } = archive(t, '6.12.96-1');
  await assert.rejects(
    fetchSources({ version, release, buildDir }, 'debian', { runner, files: realFiles, cache }),
    (error: unknown) =>
      error instanceof NetmapError &&
      error.code === 'fetch-failed' &&
      error.exitCode === 4 &&
      /6\.12\.95-1~bpo12\+1/.test(error.problem.why ?? '') &&
      /apt-get update/.test(error.problem.mend ?? ''),
  );
  assert.deepEqual(await realFiles.list(path.join(cache, 'source-packages')), []);
});

test('a kernel that no package belongs to', async (t) => {
  const { runner, cache } = archive(t, '1');
  const buildDir = makeTree(t, {});
  await assert.rejects(
    fetchSources({ version, release, buildDir }, 'debian', { runner, files: realFiles, cache }),
    (error: unknown) => error instanceof NetmapError && error.code === 'fetch-impossible',
  );
});
