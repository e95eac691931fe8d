/*
 * A new user's machine, and a container of a service that tests: Debian 12 with git and certificates, and nothing else.
 * Each phase runs in a root file system of its own, so that none lives on what another one installed.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { cacheDirectory } from '../../src/core/paths.js';
import { bareRoot } from './bare-root.js';

const PHASES = ['lint', 'unit', 'style', 'kbuild'];
/** Where .ci/run puts a Node.js that is new enough. */
const NODE = '/root/.cache/netmap-configure/node/node_modules/node/bin';
const skip = process.getuid?.() === 0 ? false : 'only root makes such a root file system';
const logs = path.join(cacheDirectory(), 'bare-logs');

for (const phase of PHASES)
  test(`.ci/run ${phase} on a bare Debian 12`, { skip }, async (t) => {
    const log = path.join(logs, phase);
    const run = await bareRoot(t, log);
    const { status, output } = await run('.ci/run', phase);
    const failures = output.split('\n').filter((line) => /^(FAIL|error)/.test(line));
    assert.deepEqual(failures, [], `all of it: ${log}`);
    assert.match(output, /\n[1-9]\d* passed, 0 failed(, \d+ skipped)?\n$/);
    assert.equal(status, 0);
  });

test('npm start on a bare Debian 12; both programs say that its Node.js is too old', { skip }, async (t) => {
  const run = await bareRoot(t, path.join(logs, 'start'));
  const linted = await run('.ci/run', 'lint');
  assert.equal(linted.status, 0, linted.output);
  for (const program of ['netmap-configure', 'netmap-port-driver']) {
    const { status, output } = await run('/usr/bin/node', `bin/${program}.js`, '--help');
    assert.match(output, /^error: Node\.js 18\.\S+ is too old; to do: .*\n$/);
    assert.equal(status, 1);
  }
  const { status, output } = await run('env', `PATH=${NODE}:/usr/sbin:/usr/bin:/sbin:/bin`, 'npm', 'start');
  assert.equal(status, 0, output);
  assert.match(output, /^frames per second +[1-9]/m);
});
