import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../../src/core/paths.js';
import { addFiles, makeTree } from '../../support/tree.js';

const SCRIPT = path.join(packageRoot, 'templates/install.sh');
const MANIFEST = '/opt/netmap/share/netmap/installed';
const COMMANDS = ['awk', 'cat', 'cmp', 'cp', 'cut', 'find', 'mkdir', 'mv', 'rm', 'sed', 'sha256sum', 'sort'];

/** Stands for a command of the script: the AT-th call kills the process group before it does anything. */
const KILLER = `#!/bin/sh
echo >> "$CALLS"
n=0
while read -r _; do n=$((n + 1)); done < "$CALLS"
[ $n -lt $AT ] || kill -9 0
PATH=$REAL_PATH
exec "\${0##*/}" "$@"
`;

const files = {
  'opt/netmap/include/a.h': 'a\n',
  'opt/netmap/include/net/b.h': 'b\n',
  'opt/netmap/share/man/man8/c.8': 'c\n',
};

/** Every directory, and every file with what is in it. */
function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    names.map((name) => {
      const at = path.join(folder, name);
      return [name, statSync(at).isDirectory() ? '' : readFileSync(at, 'utf8')];
    }),
  );
}

function install(folder: string, env: NodeJS.ProcessEnv = process.env): string | null {
  rmSync(path.join(folder, 'stage'), { recursive: true, force: true });
  addFiles(path.join(folder, 'stage'), files);
  const words = ['--wait', 'sh', SCRIPT, path.join(folder, 'stage'), path.join(folder, 'root'), MANIFEST];
  // a process group of its own: setsid --wait turns a signal into a status
  const { status } = spawnSync('setsid', words, { env, stdio: 'ignore' });
  return status === 0 ? null : String(status);
}

function killers(t: TestContext): string {
  return makeTree(t, Object.fromEntries(COMMANDS.map((name) => [name, KILLER])));
}

test('an installation that is killed at any command is completed by the next, list and directories too', (t) => {
  const undisturbed = makeTree(t, {});
  assert.equal(install(undisturbed), null);
  const expected = contents(path.join(undisturbed, 'root'));
  assert.match(expected[MANIFEST.slice(1)] ?? '', /^# directory \/opt$/m);

  const bin = killers(t);
  let at = 0;
  for (let killed = true; killed; at++) {
    const folder = makeTree(t, { calls: '' });
    const env = {
      CALLS: path.join(folder, 'calls'),
      AT: String(at + 1),
      REAL_PATH: process.env.PATH,
      PATH: `${bin}:${process.env.PATH}`,
    };
    killed = install(folder, env) !== null;
    assert.equal(install(folder), null, `after call ${at + 1}`);
    assert.deepEqual(contents(path.join(folder, 'root')), expected, `killed at call ${at + 1}`);
  }
  assert.ok(at > 20, `only ${at} moments`);
});
