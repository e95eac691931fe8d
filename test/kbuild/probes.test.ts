import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { readAnswers } from '../../src/facts/probes/answers.js';
import { batchSource } from '../../src/facts/probes/batch.js';
import { allProbes } from '../../src/facts/probes/run.js';
import { addFiles, makeTree } from '../support/tree.js';
import { kernel, run } from './fixture.js';

const FLAGS = '$(c_flags) $(KBUILD_CFLAGS_MODULE) -Werror -fmax-errors=0 -fsyntax-only';

/**
 * In one file an error of one question could hide one of another, since compilers report some errors only once
 * a file. So those answered yes must compile together without the others, and those answered no must fail alone.
 */
for (const series of ['6.1', '6.12'] as const) {
  test(`questions to ${series} do not hide each other's answers`, async (t) => {
    const { buildDir } = await kernel(series);
    const ask = (files: Readonly<Record<string, string>>): ((name: string) => string) => {
      const names = Object.keys(files);
      const rules = names.map(
        (name) => `$(obj)/${name}.txt: $(src)/${name}.c FORCE\n\t@$(CC) ${FLAGS} $< 2> $@ || true\n`,
      );
      const dir = makeTree(t, {
        Kbuild: `always-y := ${names.map((name) => `${name}.txt`).join(' ')}\n${rules.join('')}`,
      });
      addFiles(dir, Object.fromEntries(names.map((name) => [`${name}.c`, files[name] as string])));
      const make = run(dir, 'make', [
        `-j${os.availableParallelism()}`,
        '-C',
        buildDir,
        `M=${dir}`,
        'modules',
      ]);
      assert.equal(make.status, 0, make.output);
      return (name) => readFileSync(path.join(dir, `${name}.txt`), 'utf8');
    };
    const all = readAnswers(allProbes, ask({ all: batchSource(allProbes) })('all'));
    const yes = all.filter((answer) => answer.yes).map(({ probe }) => probe);
    const no = all.filter((answer) => !answer.yes).map(({ probe }) => probe);
    assert.ok(yes.length > 50 && no.length > 10, `${yes.length} yes, ${no.length} no`);

    const said = ask({
      together: batchSource(yes),
      ...Object.fromEntries(no.map((probe) => [probe.id, batchSource([probe])])),
    });
    for (const answer of readAnswers(yes, said('together'))) assert.ok(answer.yes, answer.output);
    for (const probe of no) assert.equal(readAnswers([probe], said(probe.id))[0]?.yes, false, probe.id);
  });
}
