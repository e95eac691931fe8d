import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetmapError } from '../../../src/core/errors.js';
import { readAnswers } from '../../../src/facts/probes/answers.js';
import { batchSource } from '../../../src/facts/probes/batch.js';
import { exportsSymbol, renderHeader } from '../../../src/facts/probes/header.js';
import { have, type Probe } from '../../../src/facts/probes/probe.js';
import { allProbes } from '../../../src/facts/probes/run.js';

const probes: Probe[] = [
  have('ONE', 'always', '', ';'),
  have('TWO', 'never', '', 'two();'),
  { id: 'KIND_A', macro: 'KIND', value: 'a', otherwise: 'b', changed: 'x', args: '', body: ';' },
];
const SENTINEL = 'probe.SENTINEL:1:2: error: #error this must be reported\n';

function answered(output: string): Record<string, boolean> {
  return Object.fromEntries(readAnswers(probes, output + SENTINEL).map(({ probe, yes }) => [probe.id, yes]));
}

test('a question with an error of its own is answered no', () => {
  const output = `probe.TWO: In function 'nm_probe_TWO':
probe.TWO:2:3: error: implicit declaration of function 'two' [-Werror=implicit-function-declaration]
    2 | { two(); }
`;
  assert.deepEqual(answered(output), { ONE: true, TWO: false, KIND_A: true });
});

test('an error inside a macro of a header belongs to the question that used it', () => {
  const output = `In file included from /k/include/linux/a.h:1,
                 from /b/probes.c:2:
/k/include/linux/a.h:7:5: error: too few arguments
probe.ONE:2:3: note: in expansion of macro 'a'
    2 | { a(); }
`;
  assert.deepEqual(answered(output), { ONE: false, TWO: true, KIND_A: true });
});

test('clang prints paths in front of the name', () => {
  assert.equal(answered('/b/probe.TWO:2:3: error: call to undeclared function\n').TWO, false);
});

test('keeps what the compiler said', () => {
  const [, two] = readAnswers(probes, `probe.TWO:2:3: error: gone\n  2 | two\n${SENTINEL}`);
  assert.equal(two?.output, 'probe.TWO:2:3: error: gone\n  2 | two');
});

function confusion(output: string): string {
  try {
    readAnswers(probes, output);
  } catch (error) {
    assert.ok(error instanceof NetmapError);
    return error.code;
  }
  return 'accepted';
}

test('an error in a header stops: no answer could be trusted', () => {
  assert.equal(confusion(`/k/include/linux/a.h:7:5: error: expected ';'\n${SENTINEL}`), 'probes-confused');
});

test('a compiler that did not run is no yes to everything', () => {
  assert.equal(confusion('/bin/sh: 1: gcc-12: not found\n'), 'probes-confused');
  assert.equal(confusion(''), 'probes-confused');
});

test('a warning in a header that became an error is not an answer', () => {
  assert.equal(confusion(`/k/a.h:7:5: error: unused [-Werror=unused]\n${SENTINEL}`), 'accepted');
});

test('the header has the classic layout, answers in reverse order', () => {
  const answers = readAnswers(probes, `probe.TWO:1:1: error: x\nprobe.KIND_A:1:1: error: x\n${SENTINEL}`);
  const header = renderHeader(answers, { splitPage: true, dmasync: true, driverSuffix: '-netmap' });
  assert.equal(
    header,
    [
      '  \t#ifndef NETMAP_LINUX_CONFIG_H',
      '  \t#define NETMAP_LINUX_CONFIG_H',
      '',
      '\t\t#define NETMAP_LINUX_KIND b',
      '',
      '\t\t#define NETMAP_LINUX_HAVE_ONE ',
      '',
      '\t\t#define NETMAP_LINUX_HAVE_SPLIT_PAGE ',
      '',
      '\t\t#define NETMAP_LINUX_HAVE_DMASYNC ',
      '',
      '\t\t#define NETMAP_LINUX_DRIVER_SUFFIX "-netmap"',
      '',
      '  \t#endif',
      '',
    ].join('\n'),
  );
});

test('--without-dmasync and no split_page leave their lines out', () => {
  const header = renderHeader([], { splitPage: false, dmasync: false, driverSuffix: '' });
  assert.doesNotMatch(header, /DMASYNC|SPLIT_PAGE/);
  assert.match(header, /DRIVER_SUFFIX ""\n/);
});

test('looks for exported symbols in the second column', () => {
  assert.ok(exportsSymbol('0x1\tsplit_page\tvmlinux\tEXPORT_SYMBOL\t\n', 'split_page'));
  assert.ok(!exportsSymbol('0x1\tsplit_page_owner\tvmlinux\tEXPORT_SYMBOL\t\n', 'split_page'));
});

test('every question has its own name, is in the source, and says when the interface changed', () => {
  const source = batchSource(allProbes);
  assert.equal(new Set(allProbes.map(({ id }) => id)).size, allProbes.length);
  for (const { id, changed } of allProbes) {
    assert.match(id, /^\w+$/);
    assert.notEqual(changed, '');
    assert.ok(source.includes(`#line 1 "probe.${id}"\n`));
  }
});
