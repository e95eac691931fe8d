import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTwoFilesPatch } from 'diff';
import { NetmapError } from '../../../src/core/errors.js';
import { type DriverFacts, learnManifest } from '../../../src/porting/learn/learn.js';

const small =
  'struct s { int a; };\n\nint f(struct s *x)\n{\n\tint a;\n\n\tgo(a);\n\tstop(a);\n\treturn 0;\n}\n';
const facts: DriverFacts = {
  name: 'x.c',
  path: 'drivers/net/x.c',
  kind: 'file',
  keyFile: 'x.c',
  kconfig: 'CONFIG_X',
  module: 'x',
};
const edit = (change: (text: string) => string): string =>
  createTwoFilesPatch('a/x.c', 'b/x.c', small, change(small));

const unlearnable: [title: string, patch: string, why: RegExp][] = [
  ['a removed line', edit((text) => text.replace('\tstop(a);\n', '')), /removes line 8/],
  ['nothing', '', /adds nothing/],
  ['no bridge header', edit((text) => text.replace('\tstop', '\thook(x);\n\tstop')), /no bridge header/],
];

for (const [title, patch, why] of unlearnable)
  test(`not learned: ${title}`, () => {
    assert.throws(
      () => learnManifest(patch, facts, new Map([['x.c', small]]), () => 'x.c'),
      (error) => error instanceof NetmapError && why.test(error.problem.why ?? ''),
    );
  });
