import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { NetmapError } from '../../../src/core/errors.js';
import { configPlaces, parseConfigFile } from '../../../src/core/options/config-file.js';
import { optionName } from '../../../src/core/options/row.js';
import { packageRoot } from '../../../src/core/paths.js';
import { makeTree } from '../../support/tree.js';

const program = path.join(packageRoot, 'bin/netmap-configure.js');

test('settings become steps of the option table', () => {
  const text = JSON.stringify({
    drivers: ['realtek', 'igb'],
    'no-apps': true,
    'kernel-opts': ['ARCH=arm', 'V=1'],
    strict: true,
    'without-dmasync': false,
    prefix: '/usr',
  });
  const steps = parseConfigFile(text, 'f');
  assert.deepEqual(
    steps.map(({ row, value, origin }) => [optionName(row), value, origin]),
    [
      ['kernel-opts', 'ARCH=arm V=1', 'f'],
      ['drivers', 'realtek,igb', 'f'],
      ['strict', undefined, 'f'],
      ['no-apps', undefined, 'f'],
      ['prefix', '/usr', 'f'],
    ],
  );
});

const wrong: [string, RegExp][] = [
  ['{"driver":"realtek"}', /unknown setting "driver"/],
  ['{"drivers":7}', /drivers: /],
  ['{"strict":"yes"}', /strict: /],
  ['{"show-drivers":true}', /unknown setting "show-drivers"/],
  ['["drivers"]', /expected/i],
  ['{"drivers"', /JSON/],
];
for (const [text, why] of wrong) {
  test(`refuses the configuration ${text}`, () => {
    assert.throws(
      () => parseConfigFile(text, '/etc/f.json'),
      (error: unknown) =>
        error instanceof NetmapError &&
        error.exitCode === 2 &&
        error.problem.what.includes('/etc/f.json') &&
        why.test(error.problem.why ?? ''),
    );
  });
}

test('the build folder is stronger than the user, who is stronger than the machine', () => {
  assert.deepEqual(configPlaces('/b', { HOME: '/home/u' }), [
    '/etc/netmap-configure.json',
    '/home/u/.config/netmap-configure/config.json',
    '/b/netmap-configure.json',
  ]);
});

test('config show tells every value and its origin', (t) => {
  const build = makeTree(t, {
    'netmap-configure.json': '{"drivers": ["realtek"], "prefix": "/opt"}',
    'xdg/netmap-configure/config.json': '{"prefix": "/usr", "mod-name": "netmap_x"}',
  });
  const { status, stdout } = spawnSync(
    process.execPath,
    [program, '--driver-suffix=-netmap', '--no-apps', '--json', 'config', 'show'],
    {
      cwd: build,
      encoding: 'utf8',
      env: { ...process.env, XDG_CONFIG_HOME: path.join(build, 'xdg'), DESTDIR: '/stage' },
    },
  );
  assert.equal(status, 0);
  const { settings } = JSON.parse(stdout) as { settings: { name: string; value: unknown; from: string }[] };
  const shown = (name: string) => {
    const found = settings.find((setting) => setting.name === name);
    return [found?.value, found?.from];
  };
  const own = path.join(build, 'netmap-configure.json');
  assert.deepEqual(shown('drivers'), [['realtek'], own]);
  assert.deepEqual(shown('prefix'), ['/opt', own]);
  assert.deepEqual(shown('modName'), ['netmap_x', path.join(build, 'xdg/netmap-configure/config.json')]);
  assert.deepEqual(shown('driverSuffix'), ['-netmap', 'command line']);
  assert.deepEqual(shown('apps'), [[], 'command line']);
  assert.deepEqual(shown('destdir'), ['/stage', 'environment (DESTDIR)']);
  assert.deepEqual(shown('cc'), ['cc', 'default']);
});
