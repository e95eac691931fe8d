import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realFiles } from '../../../src/core/files.js';
import { createRunner, type Runner } from '../../../src/core/runner.js';
import { clockArguments, parseKhz } from '../../../src/lab/vm/host-clock.js';

test('a frequency is a number of kHz that a machine can have', () => {
  assert.equal(parseKhz('2596122\n'), 2_596_122);
  for (const text of ['', '0\n', '-1\n', 'nan\n', '2596.1\n', '99\n', '99999999999\n']) {
    assert.equal(parseKhz(text), undefined, JSON.stringify(text));
  }
});

test('the host measures its time stamp counter, twice the same', async () => {
  const deps = { runner: createRunner(), files: realFiles };
  const khz = async () => Number(/^tsc_early_khz=(\d+)$/.exec((await clockArguments(deps)).join(' '))?.[1]);
  const [one, two] = [await khz(), await khz()];
  assert.ok(Math.abs(one - two) < one / 1000, `${one} and ${two} kHz`);
});

test('a measurement that fails leaves the guest to itself', async () => {
  const real = createRunner();
  for (const result of [
    { exitCode: 1, stdout: '2596122\n', stderr: '', timedOut: false },
    { exitCode: 0, stdout: 'inf\n', stderr: '', timedOut: false },
  ]) {
    const runner: Runner = {
      run: async (command) => (command.args.length === 0 ? result : real.run(command)),
    };
    assert.deepEqual(await clockArguments({ runner, files: realFiles }), []);
  }
});
