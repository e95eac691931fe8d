import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { realFiles } from '../../../src/core/files.js';
import { searchSources, usualPlaces } from '../../../src/facts/kernel-tree/sources.js';
import { kernelVersion } from '../../../src/facts/kernel-tree/version.js';
import { addFiles, kernelSources, makeTree } from '../../support/tree.js';

const wanted = kernelVersion(6, 12, 95);

function trees(
  t: Parameters<typeof makeTree>[0],
  versions: Record<string, [number, number, number]>,
): string {
  const root = makeTree(t, { 'headers/include/linux/x.h': '' });
  for (const [name, version] of Object.entries(versions)) {
    addFiles(
      root,
      Object.fromEntries(
        Object.entries(kernelSources(version, '')).map(([file, text]) => [path.join(name, file), text]),
      ),
    );
  }
  return root;
}

test('takes the first place with exactly the right version, passing headers and other versions', async (t) => {
  const root = trees(t, { old: [6, 12, 90], right: [6, 12, 95], also: [6, 12, 95] });
  const places = ['absent', 'headers', 'old', 'right', 'also'].map((name) => path.join(root, name));
  const sources = await searchSources(places, wanted, realFiles);
  assert.ok(sources.state === 'found');
  assert.equal(sources.dir, path.join(root, 'right'));
});

test('tells which versions it met when none is right', async (t) => {
  const root = trees(t, { old: [6, 12, 90], older: [6, 1, 5] });
  const sources = await searchSources([path.join(root, 'old'), path.join(root, 'older')], wanted, realFiles);
  assert.ok(sources.state === 'missing');
  assert.equal(sources.why, `${root}/old is Linux 6.12.90; ${root}/older is Linux 6.1.5`);
});

test('knows where Debian and Ubuntu put sources', () => {
  const places = usualPlaces(wanted, '6.12.95+deb12-amd64');
  for (const place of [
    '/usr/src/linux-source-6.12',
    '/usr/src/linux-source-6.12.95',
    '/usr/src/linux-6.12.95',
  ]) {
    assert.ok(places.includes(place), place);
  }
});
