import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { readAnswers } from '../../src/probes/answers.js';
import { batchSource } from '../../src/probes/batch.js';
import { allProbes } from '../../src/probes/run.js';
import { addFiles, makeTree } from '../support/tree.js';
import { kernel, run } from './fixture.js';

const FLAGS = '$(c_flags) $(KBUILD_CFLAGS_MODULE) -Werror -fmax-errors=0 -fsyntax-only';

/**
 * Asks every question in a C file of its own and compares with the answers of the one file: in one file, an
 * error of one question could hide one of another, since compilers report some errors only once.
 */
for (const series of ['6.1', '6.12'] as const) {
  test(`questions answer on ${series} as they do alone`, async (t) => {
    const { buildDir } = await kernel(series);
    const dir = makeTree(t, { 'all.c': batchSource(allProbes) });
    const names = ['all', ...allProbes.map(({ id }) => id)];
    for (const probe of allProbes) addFiles(dir, { [`${probe.id}.c`]: batchSource([probe]) });
    const rules = names.map(
      (name) => `$(obj)/${name}.txt: $(src)/${name}.c FORCE\n\t@$(CC) ${FLAGS} $< 2> $@ || true\n`,
    );
    addFiles(dir, {
      Kbuild: `always-y := ${names.map((name) => `${name}.txt`).join(' ')}\n${rules.join('')}`,
    });
    const make = run(dir, 'make', [`-j${os.availableParallelism()}`, '-C', buildDir, `M=${dir}`, 'modules']);
    assert.equal(make.status, 0, make.output);
    const said = (name: string) => readFileSync(path.join(dir, `${name}.txt`), 'utf8');
    const together = readAnswers(allProbes, said('all'));
    for (const { probe, yes } of together) {
      const [alone] = readAnswers([probe], said(probe.id));
      assert.equal(yes, alone?.yes, `${probe.id}: ${said(probe.id)}`);
    }
  });
}
