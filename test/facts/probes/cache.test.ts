import assert from 'node:assert/strict';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { realFiles } from '../../../src/core/files.js';
import { ProbeCache, parseDependencies } from '../../../src/facts/probes/cache.js';
import { makeTree } from '../../support/tree.js';

const QUESTION = ['/kernel', 'source text'];
const OUTPUT = { answers: 'probe.X:1:1: error: x\n', warnings: 'attributes\n' };

async function filled(t: TestContext) {
  const root = makeTree(t, { 'a.h': '1', 'b.h': '2', cc: '#!/bin/sh\n' });
  const cache = new ProbeCache(path.join(root, 'cache'), realFiles);
  const headers = [path.join(root, 'a.h'), path.join(root, 'b.h')];
  assert.equal(await cache.keep(QUESTION, OUTPUT, path.join(root, 'cc'), headers), undefined);
  return { root, cache };
}

test('gives back what it kept', async (t) => {
  const { cache } = await filled(t);
  assert.deepEqual(await cache.find(QUESTION), OUTPUT);
  assert.equal(await cache.find([...QUESTION, 'other flags']), undefined);
});

const changes: [string, (root: string) => void][] = [
  ['a header changed', (root) => writeFileSync(path.join(root, 'a.h'), 'longer')],
  ['a header has another time', (root) => utimesSync(path.join(root, 'b.h'), 1, 1)],
  ['a header is gone', (root) => rmSync(path.join(root, 'a.h'))],
  ['the compiler was replaced', (root) => writeFileSync(path.join(root, 'cc'), '#!/bin/sh\n# new\n')],
];
for (const [what, change] of changes) {
  test(`forgets when ${what}`, async (t) => {
    const { root, cache } = await filled(t);
    change(root);
    assert.equal(await cache.find(QUESTION), undefined);
  });
}

test('a damaged entry is no entry', async (t) => {
  const { root, cache } = await filled(t);
  const [name] = await realFiles.list(path.join(root, 'cache/probes'));
  writeFileSync(path.join(root, 'cache/probes', name as string), '{"answers": ');
  assert.equal(await cache.find(QUESTION), undefined);
});

test('reads the dependency files of compilers', () => {
  assert.deepEqual(parseDependencies('probes.o: /b/probes.c \\\n ./include/x.h /k/y.h\n', '/k/build'), [
    '/b/probes.c',
    '/k/build/include/x.h',
    '/k/y.h',
  ]);
});
