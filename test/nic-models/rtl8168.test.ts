import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { packageRoot } from '../../src/system/paths.js';
import { createRunner } from '../../src/system/runner.js';

const MODEL = path.join(packageRoot, 'test', 'nic-models', 'rtl8168');
const NOT_MODEL = ['rtl_qemu.c', 'rtl_unit_test.c', 'rtl_fuzz.c'];
const FLAGS = '-std=gnu11 -O1 -g -Wall -Wextra -Wno-sign-compare -Werror'.split(' ');
const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

const runner = createRunner();
let directory = '';

before(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'rtl8168-test-'));
});

after(() => rm(directory, { recursive: true, force: true }));

/** The model without QEMU, with one main program, under ASAN and UBSAN. */
async function build(program: string): Promise<string> {
  const sources = (await readdir(MODEL)).filter((file) => file.endsWith('.c') && !NOT_MODEL.includes(file));
  const out = path.join(directory, program);
  await runner.run({
    file: 'gcc',
    args: [...FLAGS, ...SANITIZERS, ...sources, `${program}.c`, '-o', out],
    cwd: MODEL,
  });
  return out;
}

test('the software RTL8168 passes its unit test under ASAN and UBSAN', async () => {
  const result = await runner.run({ file: await build('rtl_unit_test'), args: [], allowFailure: true });
  const failed = result.stdout.split('\n').filter((line) => line.startsWith('not ok'));
  assert.deepEqual(failed, [], result.stderr);
  assert.equal(result.exitCode, 0, result.stderr);
  const planned = Number(/^1\.\.(\d+)$/m.exec(result.stdout)?.[1]);
  assert.equal(result.stdout.match(/^ok /gm)?.length, planned);
});

test('random registers, descriptors and frames never take the model out of its memory', async () => {
  const fuzz = await build('rtl_fuzz');
  for (const seed of ['1', '20240607', '3735928559']) {
    const result = await runner.run({ file: fuzz, args: ['300000', seed], allowFailure: true });
    assert.equal(result.exitCode, 0, `seed ${seed}: ${result.stdout}${result.stderr}`);
  }
});
