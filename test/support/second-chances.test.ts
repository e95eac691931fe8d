/*
 * The runner itself: what it counts, and what it writes down of a file that fails once. Its files run in a process of
 * their own, because node:test does not run in itself.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { describeDurations } from '../durations.js';
import { secondChances } from '../second-chances.js';
import { makeTree } from './tree.js';

const HEAD = `import { test } from 'node:test';
import { existsSync, writeFileSync } from 'node:fs';
const mark = new URL('./mark', import.meta.url);
`;
const FLAKY = `${HEAD}test('second time lucky', () => {
  if (existsSync(mark)) return;
  writeFileSync(mark, '');
  throw new Error('the first time');
});
test('always well', () => undefined);
`;
const BROKEN = `${HEAD}test('never well', () => { throw new Error('each time'); });\n`;

/** Runs these files as a phase; what the runner counted, and what it printed. */
function runPhase(t: TestContext, files: Readonly<Record<string, string>>, phase: object) {
  const folder = makeTree(t, files);
  const script = `
    const { noTotals, runFiles } = await import(${JSON.stringify(new URL('../run.js', import.meta.url).href)});
    const totals = noTotals(${JSON.stringify(path.join(folder, 'chances'))});
    await runFiles(${JSON.stringify(phase)}, ${JSON.stringify(Object.keys(files).map((name) => path.join(folder, name)))}, totals);
    console.log('\\n' + JSON.stringify({ tally: totals.tally, summary: totals.chances.summary(), files: totals.files }));
  `;
  const env = { ...process.env };
  delete env.NODE_TEST_CONTEXT;
  // A file: --eval would be handed on to the processes of the tests.
  const program = path.join(folder, 'program.mjs');
  writeFileSync(program, script);
  const { stdout, stderr } = spawnSync(process.execPath, [program], { env, encoding: 'utf8' });
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  assert.match(last, /^\{/, `${stdout}${stderr}`);
  const {
    tally,
    summary,
    files: times,
  } = JSON.parse(last) as {
    tally: object;
    summary: string[];
    files: { name: string; ms: number }[];
  };
  return { folder, stdout, tally, summary, times };
}

test('a file that fails once passes, and goes on the list with its first outcome', (t) => {
  const { folder, tally, summary, stdout, times } = runPhase(
    t,
    { 'a.test.mjs': FLAKY },
    { secondChances: 1 },
  );
  assert.deepEqual(tally, { passed: 2, failed: 0, skipped: 0 });
  assert.match(stdout, /^FAIL second time lucky/m);
  assert.match(stdout, /^flaky: 1 failed beside other tests and passed alone; the first outcome: \S+\.log$/m);
  assert.equal(summary[0], 'second chances of this run:');
  assert.match(summary[1] ?? '', /a\.test\.mjs: 1 failed beside other tests, passed alone; \S+\.log$/);
  const log = /\S+\.log$/.exec(summary[1] ?? '')?.[0] ?? '';
  const first = readFileSync(log, 'utf8');
  assert.match(first, /^FAIL second time lucky/m);
  assert.match(first, /the first time/);
  assert.doesNotMatch(first, /^ok {3}second time lucky/m, 'not the second outcome');
  assert.equal(readdirSync(path.join(folder, 'chances')).length, 2);
  assert.equal(times.length, 1);
  // Another run tells of it too.
  const later = secondChances(path.join(folder, 'chances')).summary();
  assert.match(later[0] ?? '', /^second chances before \(1, /);
  assert.equal(later[1], summary[1]);
});

test('a strict phase fails on it, and writes it down too', (t) => {
  const strict = { secondChances: 1, strict: true };
  const { tally, summary } = runPhase(t, { 'a.test.mjs': FLAKY }, strict);
  assert.deepEqual(tally, { passed: 1, failed: 1, skipped: 0 });
  assert.equal(summary.length, 2);
});

test('what fails twice stays failed, and is no second chance', (t) => {
  const { tally, summary } = runPhase(t, { 'a.test.mjs': BROKEN }, { secondChances: 1 });
  assert.deepEqual(tally, { passed: 0, failed: 1, skipped: 0 });
  assert.deepEqual(summary, []);
});

test('more failing files than chances: none runs again', (t) => {
  const files = { 'a.test.mjs': FLAKY, 'b.test.mjs': BROKEN };
  const { tally, stdout, summary } = runPhase(t, files, { secondChances: 1 });
  assert.deepEqual(tally, { passed: 1, failed: 2, skipped: 0 });
  assert.doesNotMatch(stdout, /once more/);
  assert.deepEqual(summary, []);
});

test('a file without tests fails', (t) => {
  const { tally, stdout } = runPhase(t, { 'a.test.mjs': HEAD }, {});
  assert.deepEqual(tally, { passed: 0, failed: 1, skipped: 0 });
  assert.match(stdout, /^FAIL \S+a\.test\.mjs.*\n +there is no test in it$/m);
});

test('lines of the list that are broken are passed over', (t) => {
  const folder = makeTree(t, { 'list.jsonl': '{"at":"x"\n{"at":1}\n\n' });
  const chances = secondChances(folder, () => new Date(0));
  assert.deepEqual(chances.summary(), []);
  chances.add('dist/test/vm/a.test.js', 2, 'text\n');
  assert.match(readFileSync(path.join(folder, 'list.jsonl'), 'utf8'), /"failures":2/);
  assert.equal(chances.summary().length, 2);
});

test('the ten slowest files are told, the slowest first', () => {
  const files = Array.from({ length: 12 }, (_, at) => ({ name: `f${at}`, ms: at * 1000 }));
  const lines = describeDurations([{ name: 'unit', ms: 61_250 }], files);
  assert.deepEqual(lines.slice(0, 4), [
    'time of the phases:',
    '     61.3 s  unit',
    'slowest files:',
    '     11.0 s  f11',
  ]);
  assert.equal(lines.length, 13);
  assert.deepEqual(describeDurations([], []), []);
});
