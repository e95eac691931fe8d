import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../src/system/paths.js';
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
