import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realFiles } from '../../../src/core/files.js';
import { choosePatch, explainChoice } from '../../../src/facts/patches/choose.js';
import { makeTree } from '../../support/tree.js';

const diff = (context: string) =>
  `--- a/drv/main.c\n+++ b/drv/main.c\n@@ -1,2 +1,3 @@\n ${context}\n+hook\n end\n`;

async function choose(patches: Record<string, string>, t: Parameters<typeof makeTree>[0]) {
  const root = makeTree(t, {
    'above/drv/main.c': 'modern\nend\n',
    ...Object.fromEntries(Object.entries(patches).map(([name, text]) => [`patches/${name}`, text])),
  });
  return choosePatch(
    { directory: `${root}/patches`, driver: 'drv', code: 0x060c5f, above: `${root}/above` },
    realFiles,
  );
}

test('a neighbour that fits beats a patch whose number is right', async (t) => {
  const choice = await choose(
    { 'vanilla--drv--60c00--60d00': diff('ancient'), 'vanilla--drv--60100--60200': diff('modern') },
    t,
  );
  assert.equal(choice.patch, 'vanilla--drv--60100--60200');
  assert.deepEqual(
    choice.tried.map(({ inRange, fit }) => [inRange, fit.fits]),
    [
      [true, false],
      [false, true],
    ],
  );
});

test('explains the best candidate when none fits', async (t) => {
  const choice = await choose(
    { 'vanilla--drv--60c00--60d00': diff('ancient'), 'vanilla--drv--60100--60200': diff('older') },
    t,
  );
  assert.equal(choice.patch, undefined);
  assert.match(
    explainChoice(choice),
    /vanilla--drv--60c00--60d00 does not fit: drv\/main\.c, hunk 1 .*ancient \(and 1 more/,
  );
});

test('says when there is no patch at all', async (t) => {
  assert.match(explainChoice(await choose({}, t)), /no netmap patch for this driver/);
});
