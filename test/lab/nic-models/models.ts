import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { packageRoot } from '../../../src/core/paths.js';
import { createRunner } from '../../../src/core/runner.js';

const FLAGS = '-std=gnu11 -O1 -g -Wall -Wextra -Wno-sign-compare -Werror'.split(' ');
const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
const NOT_MODEL = /_qemu\.c$/;

export const runner = createRunner();

/** Builds a model without QEMU, with a program of test/lab/nic-models, under ASAN and UBSAN; returns the program. */
export async function buildModel(model: string, program: string): Promise<string> {
  const folder = path.join(packageRoot, 'lab', 'nic-models', model);
  const directory = await mkdtemp(path.join(os.tmpdir(), `${model}-test-`));
  after(() => rm(directory, { recursive: true, force: true }));
  const sources = (await readdir(folder)).filter((file) => file.endsWith('.c') && !NOT_MODEL.test(file));
  const out = path.join(directory, program);
  const include = [folder, path.join(packageRoot, 'kernel', 'include')].map((place) => `-I${place}`);
  const main = path.join(packageRoot, 'test', 'lab', 'nic-models', model, `${program}.c`);
  await runner.run({
    file: 'gcc',
    args: [...FLAGS, ...SANITIZERS, ...include, ...sources, main, '-o', out],
    cwd: folder,
  });
  return out;
}

/** Runs the unit test of a model: TAP whose every line must be good. */
export async function runUnitTest(program: string): Promise<void> {
  const result = await runner.run({ file: program, args: [], allowFailure: true });
  const failed = result.stdout.split('\n').filter((line) => line.startsWith('not ok'));
  assert.deepEqual(failed, [], result.stderr);
  assert.equal(result.exitCode, 0, result.stderr);
  const planned = Number(/^1\.\.(\d+)$/m.exec(result.stdout)?.[1]);
  assert.equal(result.stdout.match(/^ok /gm)?.length, planned);
}
