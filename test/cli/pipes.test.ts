/* What ends the output of a program from outside: a closed pipe, a full disk, files that may not be read. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { toProblem } from '../../src/core/errors.js';
import { packageRoot } from '../../src/core/paths.js';
import { makeTree } from '../support/tree.js';

const NOBODY = 65534;
const programs = ['netmap-configure.js', 'netmap-port-driver.js'].map((name) =>
  path.join(packageRoot, 'bin', name),
);

/** A shell line; `$0` is Node.js, `$1` the program. */
function shell(line: string, program: string) {
  const words = ['-c', `set -o pipefail; ${line}`, process.execPath, program];
  const { status, stdout, stderr } = spawnSync('/bin/bash', words, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

/**
 * The same for a user without rights. Node.js and the package may lie in root's home, which that user may not enter: both
 * are mounted below `tree`, in a namespace of this process.
 */
function shellOfNobody(line: string, cwd: string, tree: string) {
  const script = [
    `mount --bind "${path.dirname(process.execPath)}" "${tree}/node"`,
    `mount --bind "${packageRoot}" "${tree}/package"`,
    `cd "${cwd}"`,
    `exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups bash -c "$1" "${tree}/node/${path.basename(process.execPath)}" "${tree}/package/bin/netmap-configure.js"`,
  ].join(' && ');
  const words = ['--mount', 'bash', '-c', script, 'bash', line];
  return spawnSync('unshare', words, { encoding: 'utf8' });
}

for (const program of programs) {
  const name = path.basename(program);

  test(`${name}: a reader that goes away is no error`, () => {
    for (const words of ['--help', 'man', 'completion fish', 'help man']) {
      // The reader is gone before the first word is written.
      const { status, stderr } = shell(`"$0" "$1" ${words} | sleep 0`, program);
      assert.deepEqual([status, stderr], [0, ''], words);
      const head = shell(`"$0" "$1" ${words} | head -1`, program);
      assert.deepEqual([head.status, head.stderr], [0, ''], words);
      assert.notEqual(head.stdout, '', words);
    }
  });

  test(`${name}: messages to a closed pipe do not stop it`, () => {
    const { status, stderr } = shell('"$0" "$1" --nonsense 2>&1 | sleep 0', program);
    assert.deepEqual([status, stderr], [2, '']);
  });

  test(`${name}: a full disk under its output is told`, { skip: !existsSync('/dev/full') }, () => {
    const { status, stderr } = shell('"$0" "$1" man > /dev/full', program);
    assert.equal(status, 1);
    assert.match(stderr, /^error: cannot write the output\nwhy: {3}.*ENOSPC/);
  });
}

const root = process.getuid?.() === 0;

test('what may not be read or written is no defect of the program', { skip: !root }, (t) => {
  const closed = makeTree(t, { 'netmap-configure.json': '{}' });
  chmodSync(path.join(closed, 'netmap-configure.json'), 0o000);
  const tree = makeTree(t, { 'node/empty': '', 'package/empty': '' });
  for (const folder of [closed, tree]) chmodSync(folder, 0o755);
  const lines = [
    '"$0" "$1" --no-drivers',
    '"$0" "$1" fetch --list',
    '"$0" "$1" sign --create-key',
    '"$0" "$1" dkms',
    '"$0" "$1" load',
    '"$0" "$1" unload',
    '"$0" "$1" uninstall',
    '"$0" "$1" doctor --fix lo',
    '"$0" "$1" --no-drivers --kernel-dir=/root',
  ];
  assert.equal(shellOfNobody('"$0" "$1" --version', '/', tree).status, 0);
  for (const cwd of [closed, '/'])
    for (const line of lines) {
      const { status, stdout, stderr } = shellOfNobody(line, cwd, tree);
      assert.doesNotMatch(stdout + stderr, /unexpected error|report it|\n {4}at /, `${line} in ${cwd}`);
      assert.ok([1, 2].includes(status ?? 0), `${line}: ${status} ${stdout}${stderr}`);
    }
});

test('errors of the system are told as such, defects as defects', () => {
  const system = (code: string, syscall: string, file?: string) =>
    toProblem(Object.assign(new Error(`${code}: x`), { code, syscall, path: file }));
  assert.deepEqual(system('EACCES', 'open', '/etc/shadow'), {
    code: 'system',
    what: 'cannot open /etc/shadow',
    why: 'permission denied (EACCES)',
    mend: 'run it with sudo, or name a place that you may use',
  });
  assert.equal(system('ENOENT', 'spawn make', 'make').what, 'cannot run make');
  assert.match(system('EUCLEAN', 'read').why ?? '', /EUCLEAN/);
  assert.equal(toProblem(new TypeError('x is undefined')).code, 'internal');
});
