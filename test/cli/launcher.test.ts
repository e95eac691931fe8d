/*
 * What keeps a program from starting is one line on stderr: a Node.js that is too old, and a clone where npm did not
 * run.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { makeTree } from '../support/tree.js';

const programs = ['netmap-configure.js', 'netmap-port-driver.js'];

function start(file: string, args: readonly string[], nodeOptions: readonly string[] = []) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeOptions, file, ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** The package as git has it: nothing compiled, nothing installed. */
function bare(t: TestContext): string {
  const root = makeTree(t, {});
  for (const part of ['bin', 'package.json', 'package-lock.json'])
    cpSync(path.join(packageRoot, part), path.join(root, part), { recursive: true });
  return root;
}

/** The real version check, in a Node.js that says that it is another version. */
function asNode(version: string): string[] {
  const change = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
  return ['--import', `data:text/javascript,${encodeURIComponent(change)}`];
}

for (const program of [...programs, 'bootstrap.js'])
  test(`${program} says in one line that Node.js is too old`, () => {
    const file = path.join(packageRoot, 'bin', program);
    for (const version of ['12.22.12', '18.20.4', '20.18.0']) {
      const { status, stdout, stderr } = start(file, ['--help'], asNode(version));
      assert.equal(
        stderr,
        `error: Node.js ${version} is too old; to do: install Node.js 20.18.1 or newer, and run this again\n`,
      );
      assert.equal(status, 1);
      assert.equal(stdout, '');
    }
  });

test('newer ones are accepted, and no package asks for a newer one', () => {
  for (const [version, program] of [
    ['20.18.1', 'netmap-configure.js'],
    ['20.18.1', 'netmap-port-driver.js'],
    ['20.19.0', 'netmap-configure.js'],
    ['100.1.0', 'netmap-configure.js'],
  ] as const) {
    const { status, stderr } = start(path.join(packageRoot, 'bin', program), ['--help'], asNode(version));
    assert.equal(status, 0, stderr);
  }
  const { packages } = JSON.parse(readFileSync(path.join(packageRoot, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; engines?: { node?: string } }>;
  };
  const simple = Object.entries(packages).flatMap(([name, { dev, engines }]) => {
    const oldest = /^>= ?(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(engines?.node ?? '');
    if (dev || oldest === null) return [];
    const [major = 0, minor = 0, patch = 0] = oldest.slice(1).map((number) => Number(number ?? 0));
    return [{ name, order: (major * 1000 + minor) * 1000 + patch }];
  });
  const own = simple.find(({ name }) => name === '')?.order;
  assert.ok(own !== undefined && simple.length > 10, 'the lock file is read');
  assert.deepEqual(
    simple.filter(({ order }) => order > own),
    [],
  );
});

for (const program of programs) {
  test(`${program} in a clone that was not compiled says what to do`, (t) => {
    const root = bare(t);
    const { status, stderr } = start(path.join(root, 'bin', program), ['--help']);
    assert.match(stderr, /^error: the program in \S+ is not complete: Cannot find module '\S+\w+\.js'; /);
    assert.ok(stderr.endsWith(`; to do: cd ${root} && npm ci\n`), stderr);
    assert.equal(stderr.split('\n').length, 2, 'one line');
    assert.equal(status, 1);
  });

  test(`${program} without its npm packages says what to do`, (t) => {
    const root = bare(t);
    cpSync(path.join(packageRoot, 'dist/src'), path.join(root, 'dist/src'), { recursive: true });
    const { status, stderr } = start(path.join(root, 'bin', program), ['--help']);
    assert.match(
      stderr,
      /^error: the program in \S+ is not complete: Cannot find package '[\w-]+'; .*npm ci\n$/,
    );
    assert.equal(status, 1);
  });
}

test('npm ci without the compiler says what to do', (t) => {
  const root = bare(t);
  cpSync(path.join(packageRoot, 'tsconfig.json'), path.join(root, 'tsconfig.json'));
  const { status, stderr } = start(path.join(root, 'bin/bootstrap.js'), ['prepare']);
  assert.equal(stderr, `error: there is no compiler for the TypeScript; to do: cd ${root} && npm ci\n`);
  assert.equal(status, 1);
});
