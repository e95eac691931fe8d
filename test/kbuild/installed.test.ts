/*
 * make install and the way back, with a real kernel's modules_install: the list of installed files, and 20 runs that
 * are killed.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { killAtMoments, runKilled } from '../support/kill.js';
import { configured, run } from './fixture.js';

const MOMENTS = 20;
const HEADERS = Object.fromEntries(
  ['netmap', 'netmap_user', 'netmap_virt', 'netmap_legacy']
    .map((name) => [`kernel/include/net/${name}.h`, `/* ${name} */\n`])
    .concat([['libnetmap/libnetmap.h', '/* libnetmap */\n']]),
);

/** Every file below a folder with its contents. */
function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    names
      .filter((name) => statSync(path.join(folder, name)).isFile())
      .map((name) => [name, readFileSync(path.join(folder, name), 'latin1')]),
  );
}

test(`make install is killed at ${MOMENTS} moments, completes then, and is uninstalled`, async (t) => {
  const { build, pkg, status, output } = await configured(t, ['--drivers=realtek,veth.c'], HEADERS);
  assert.equal(status, 0, output);
  const make = run(build, 'make', []);
  assert.equal(make.status, 0, make.output);
  const args = (name: string) => {
    const root = path.join(build, name);
    return { root, words: [`DESTDIR=${root}`, `MODPATH=${root}`, 'PREFIX=/opt/netmap'] };
  };
  const quiet = args('undisturbed');
  const first = run(build, 'make', ['install', ...quiet.words]);
  assert.equal(first.status, 0, first.output);
  assert.doesNotMatch(first.output, /SSL error|sign-file/, 'nothing complains about keys of the kernel');
  const expected = contents(quiet.root);
  const names = Object.keys(expected);
  for (const name of ['include/net/netmap.h', 'updates/realtek/r8169.ko', 'man8/netmap-configure.8']) {
    assert.ok(
      names.some((file) => file.includes(name)),
      `${name}\n${names.join('\n')}`,
    );
  }

  const started = performance.now();
  assert.equal(run(build, 'make', ['install', ...args('timing').words]).status, 0);
  const whole = performance.now() - started;
  const { root, words } = args('killed');
  const killed = await killAtMoments(MOMENTS, whole, (after, moment) => {
    // From the second half of the moments on some of it is installed already: both kinds must be met.
    if (moment === MOMENTS / 2) rmSync(root, { recursive: true, force: true });
    return runKilled('make', ['install', ...words], { cwd: build }, after);
  });
  assert.ok(killed >= MOMENTS / 2, `${killed} of ${MOMENTS} runs were killed before their end`);
  const last = run(build, 'make', ['install', ...words]);
  assert.equal(last.status, 0, last.output);
  // In the list stand the directories that the installation made: those of runs that were killed too.
  assert.deepEqual(contents(root), expected);
  assert.ok(
    !readdirSync(path.join(build, '.stage')).some((name) => name !== 'docs'),
    'nothing is left to stage',
  );

  const program = path.join(pkg, 'bin/netmap-configure.js');
  const places = ['--prefix=/opt/netmap', `--destdir=${root}`, `--install-mod-path=${root}`];
  const plan = run(build, program, ['uninstall', ...places, '--dry-run', '--json']);
  assert.equal(plan.status, 0, plan.output);
  const states = (JSON.parse(plan.output) as { manifests: { files: { state: string }[] }[] }).manifests
    .flatMap(({ files }) => files)
    .map(({ state }) => state);
  assert.deepEqual(new Set(states), new Set(['as-installed']));
  assert.equal(states.length, names.length - 2, 'all but the two lists');
  assert.ok(existsSync(path.join(root, 'opt/netmap/include/net/netmap.h')), '--dry-run removes nothing');

  const removal = run(build, program, ['uninstall', ...places]);
  assert.equal(removal.status, 0, removal.output);
  assert.deepEqual(readdirSync(root), []);
  assert.equal(run(build, program, ['uninstall', ...places]).status, 1);
});
