import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { optionsOf } from '../../src/core/options/command.js';
import { configureProgram } from '../../src/core/options/configure-program.js';
import { packageRoot } from '../../src/core/paths.js';
import { assertGolden } from '../support/golden.js';
import { kernelHeaders, kernelSources, makeTree } from '../support/tree.js';

/** Runs the tool on a made-up kernel; directories are replaced by what they are. */
function dryRun(t: TestContext, args: readonly string[]): string {
  const headers = makeTree(t, kernelHeaders(396383, 95, 'CONFIG_R8169=m\nCONFIG_IGB=y\n'));
  const sources = makeTree(t, kernelSources([6, 12, 95], 'int not_the_real_driver;\n'));
  const build = makeTree(t, {});
  const { stdout } = spawnSync(
    process.execPath,
    [
      path.join(packageRoot, 'bin/netmap-configure.js'),
      ...[`--kernel-dir=${headers}`, `--kernel-sources=${sources}`, '--dry-run', '--no-apps', ...args],
    ],
    { cwd: build, encoding: 'utf8' },
  );
  return stdout
    .replaceAll(headers, '<headers>')
    .replaceAll(sources, '<sources>')
    .replaceAll(build, '<build>')
    .replaceAll(packageRoot, '<package>');
}

test('help', () => {
  const { stdout } = spawnSync(
    process.execPath,
    [path.join(packageRoot, 'bin/netmap-configure.js'), '--help'],
    {
      encoding: 'utf8',
      env: { ...process.env, COLUMNS: '80' },
    },
  );
  assertGolden('cli', 'help.txt', stdout);
});

test('report and summary, with drivers that are dropped for different reasons', (t) => {
  assertGolden('cli', 'report.txt', dryRun(t, ['--drivers=igb,veth.c,mlx5', '--driver-suffix=-netmap']));
});

test('the JSON document', (t) => {
  const document = JSON.parse(dryRun(t, ['--drivers=igb,veth.c', '--json'])) as { plan: unknown };
  const { plan: _, ...rest } = document;
  assertGolden('cli', 'report.json', `${JSON.stringify(rest, null, 2)}\n`);
});

/** A kernel that is not there, as a script sees it. */
test('the JSON document of an error', (t) => {
  const build = makeTree(t, {});
  const { stdout, status } = spawnSync(
    process.execPath,
    [path.join(packageRoot, 'bin/netmap-configure.js'), '--kernel-dir=/nowhere', '--no-drivers', '--json'],
    { cwd: build, encoding: 'utf8' },
  );
  assert.equal(status, 1);
  assertGolden('cli', 'error.json', stdout);
});

test('every command tells each of its options, and nothing of it is cut', () => {
  for (const command of configureProgram.commands) {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [path.join(packageRoot, 'bin/netmap-configure.js'), command.name, '--help'],
      { encoding: 'utf8', env: { ...process.env, COLUMNS: '80' } },
    );
    assert.deepEqual([status, stderr], [0, ''], command.name);
    const words = stdout.replaceAll(/\s+/g, ' ');
    for (const { flags, what } of optionsOf(command))
      assert.ok(words.includes(`${flags} ${what}`), `${command.name} ${flags}`);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
  }
});
