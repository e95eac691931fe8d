import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Program } from '../libnetmap/c-program.js';
import { inputFiles } from './input-files.js';
import { cases } from './option-cases.js';
import { sanitizedApp } from './programs.js';

let temporary: string;

before(() => {
  temporary = mkdtempSync(path.join(os.tmpdir(), 'netmap-options-'));
  for (const [name, content] of Object.entries(inputFiles))
    writeFileSync(path.join(temporary, name), content);
});
after(() => rmSync(temporary, { recursive: true, force: true }));

for (const [app, table] of Object.entries(cases))
  describe(app, () => {
    let program: Program;
    before(async () => {
      program = await sanitizedApp(app);
    });
    after(() => program.remove());

    for (const [args, expected, says] of table)
      it(`${args.map((arg) => arg.slice(0, 20)).join(' ') || 'without arguments'}`, () => {
        const real = args.map((arg) => (arg in inputFiles ? path.join(temporary, arg) : arg));
        const { status, stdout, stderr } = program.run(real);
        assert.match(stdout + stderr, says);
        assert.doesNotMatch(stderr, /Sanitizer|runtime error/);
        assert.equal(status, expected, stderr);
      });
  });
