import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { NetmapError } from '../../../src/core/errors.js';
import { realFiles } from '../../../src/core/files.js';
import { createRunner } from '../../../src/core/runner.js';
import { unpackSources } from '../../../src/facts/kernel-tree/packed.js';
import { searchSources } from '../../../src/facts/kernel-tree/sources.js';
import { kernelVersion } from '../../../src/facts/kernel-tree/version.js';
import { kernelSources, makeTree } from '../../support/tree.js';

const members = ['drivers/net/ethernet/realtek', 'drivers/net/veth.c'];

function tar(cwd: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('tar', args, { cwd, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
}

/** Sources in a folder `top`, and a function that unpacks an archive of `root`. */
function fixture(t: TestContext, top = 'linux-source-6.12') {
  const sources = kernelSources([6, 12, 95], 'int driver;\n');
  const root = makeTree(t, {
    ...Object.fromEntries(Object.entries(sources).map(([name, text]) => [`${top}/${name}`, text])),
    [`${top}/sound/Makefile`]: 'not wanted\n',
    [`${top}/tools/drivers/net/ethernet/realtek/x.c`]: 'not wanted\n',
  });
  const cache = makeTree(t, {});
  const unpack = (archive: string) =>
    unpackSources(path.join(root, archive), { members, runner: createRunner(), files: realFiles, cache });
  return { root, cache, unpack, top };
}

function refused(why: RegExp) {
  return (error: unknown) =>
    error instanceof NetmapError &&
    error.code === 'archive-unusable' &&
    error.exitCode === 2 &&
    why.test(error.problem.why ?? '');
}

for (const suffix of ['tar.xz', 'tar.gz', 'tar.bz2']) {
  test(`takes only what is wanted out of a .${suffix}`, async (t) => {
    const { root, unpack, top } = fixture(t, 'any name');
    tar(root, '-caf', `l.${suffix}`, top);
    const directory = await unpack(`l.${suffix}`);
    assert.deepEqual(readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort(), [
      'Makefile',
      'drivers',
      'drivers/net',
      'drivers/net/ethernet',
      'drivers/net/ethernet/realtek',
      'drivers/net/ethernet/realtek/Makefile',
      'drivers/net/ethernet/realtek/r8169_main.c',
    ]);
  });
}

test('an archive is unpacked once, and anew when it changes', async (t) => {
  const { root, unpack, top, cache } = fixture(t);
  tar(root, '-caf', 'l.tar.gz', top);
  const [one, two] = await Promise.all([unpack('l.tar.gz'), unpack('l.tar.gz')]);
  assert.equal(one, two);
  const before = statSync(path.join(one, 'Makefile')).ino;
  await unpack('l.tar.gz');
  assert.equal(statSync(path.join(one, 'Makefile')).ino, before);
  tar(root, '-caf', 'l.tar.gz', '--exclude=r8169_main.c', top);
  assert.notEqual(await unpack('l.tar.gz'), one);
  assert.deepEqual(
    readdirSync(path.join(cache, 'sources')).filter((name) => /lock|tmp/.test(name)),
    [],
    'no locks or temporary folders stay',
  );
});

test('hostile archives write nothing outside', async (t) => {
  const { root, unpack, top } = fixture(t);
  const victim = path.join(root, 'victim');
  symlinkSync(root, path.join(root, top, 'drivers/net/veth.c'));
  tar(root, '-cPf', 'absolute.tar.gz', '-z', `--transform=s,.*Makefile$,${victim},`, `${top}/Makefile`);
  await assert.rejects(unpack('absolute.tar.gz'), refused(/no Makefile/));
  tar(
    root,
    ...[
      '-cPf',
      'dots.tar.gz',
      '-z',
      `--transform=s,.*r8169_main.c$,${top}/drivers/net/ethernet/realtek/../../../../../../victim,`,
    ],
    top,
  );
  assert.match(tar(root, '-tPf', 'dots.tar.gz'), /\/\.\.\/victim$/m, 'the archive holds what it should not');
  // tar leaves the name out, or the whole archive is refused: both are well.
  await unpack('dots.tar.gz').catch((error: unknown) =>
    assert.ok(error instanceof NetmapError, String(error)),
  );
  assert.ok(!existsSync(victim));
});

test('what is not an archive of kernel sources is refused and leaves nothing', async (t) => {
  const { root, cache, unpack } = fixture(t);
  await realFiles.write(path.join(root, 'text.tar.xz'), 'not an archive');
  tar(root, '-caf', 'other.tar.gz', 'linux-source-6.12/sound');
  await assert.rejects(unpack('text.tar.xz'), refused(/./));
  await assert.rejects(unpack('other.tar.gz'), refused(/no Makefile/));
  await assert.rejects(unpack('absent.tar.gz'), refused(/cannot be read/));
  assert.deepEqual(readdirSync(path.join(cache, 'sources')), []);
});

test('a packed archive in the usual places is found', async (t) => {
  const root = makeTree(t, { 'linux-source-6.12.tar.xz': '' });
  const found = await searchSources([], kernelVersion(6, 12, 95), realFiles, { root, install: 'get it' });
  assert.deepEqual(found, {
    state: 'missing',
    why: 'no full sources of Linux 6.12.95 in the usual places',
    mend: 'get it',
    packed: path.join(root, 'linux-source-6.12.tar.xz'),
  });
  assert.equal(readFileSync(path.join(root, 'linux-source-6.12.tar.xz'), 'utf8'), '');
});
