import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFit, describeRejected } from '../../../src/facts/patches/fit.js';

const source = (lines: readonly string[]) => `${lines.join('\n')}\n`;
const numbered = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`);
const patch = `--- a/drv/main.c
+++ b/drv/main.c
@@ -4,6 +4,7 @@ function
 line 4
 line 5
 line 6
+hook
 line 7
 line 8
 line 9
`;

function fit(lines: readonly string[], text = patch) {
  return checkFit(text, (file) => (file === 'drv/main.c' ? source(lines) : undefined));
}

test('fits where it was made', () => assert.deepEqual(fit(numbered), { fits: true, offset: 0 }));

test('fits at an offset when there is one place only', () => {
  assert.deepEqual(fit(['new 1', 'new 2', ...numbered]), { fits: true, offset: 2 });
});

test('fits without drift although the context stands elsewhere too', () => {
  assert.deepEqual(fit([...numbered, ...numbered]), { fits: true, offset: 0 });
});

test('is refused when it moved and the context stands in two places', () => {
  const result = fit(['new', ...numbered, ...numbered]);
  assert.ok(!result.fits);
  assert.match(describeRejected(result.rejected), /drv\/main\.c, hunk 1 .*2 places \(lines 5, 35\)/);
});

test('allows no fuzz: one changed context line refuses', () => {
  const result = fit(numbered.with(3, 'line 4 changed'));
  assert.ok(!result.fits);
  assert.equal(result.rejected.hunk, 1);
  assert.match(result.rejected.why, /this line is not in the file: line 4/);
});

test('tells lines that are there but apart', () => {
  const result = fit([...numbered.slice(0, 5), 'between', ...numbered.slice(5)]);
  assert.ok(!result.fits);
  assert.match(result.rejected.why, /no longer next to each other/);
});

test('a missing file refuses', () => {
  const result = checkFit(patch, () => undefined);
  assert.ok(!result.fits);
  assert.match(result.rejected.why, /no such file/);
});

test('hunks apply in order: the second must match behind the first', () => {
  const second = `${patch}@@ -1,3 +1,4 @@\n line 1\n line 2\n+again\n line 3\n`;
  assert.equal(fit(numbered, second).fits, false);
});

for (const [what, text] of [
  ['an empty patch', ''],
  ['something that is no patch', 'hello\nworld\n'],
  ['a path that leads out', patch.replaceAll('drv/main.c', '../../etc/passwd')],
] as const) {
  test(`refuses ${what}`, () => assert.equal(fit(numbered, text).fits, false));
}

test('a new file fits only where there is none', () => {
  const text = '--- /dev/null\n+++ b/drv/new.h\n@@ -0,0 +1,1 @@\n+hello\n';
  assert.equal(checkFit(text, () => undefined).fits, true);
  assert.equal(checkFit(text, () => 'there\n').fits, false);
});
