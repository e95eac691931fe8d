import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Program } from '../libnetmap/c-program.js';
import { badValues, before as first } from './bad-values.js';
import { inputFiles } from './input-files.js';
import { sanitizedApp } from './programs.js';

let temporary: string;

before(() => {
  temporary = mkdtempSync(path.join(os.tmpdir(), 'netmap-bad-values-'));
  for (const [name, content] of Object.entries(inputFiles))
    writeFileSync(path.join(temporary, name), content);
});
after(() => rmSync(temporary, { recursive: true, force: true }));

for (const [app, options] of Object.entries(badValues))
  describe(`bad values of ${app}`, () => {
    let program: Program;
    before(async () => {
      program = await sanitizedApp(app);
    });

    for (const [option, values] of Object.entries(options))
      it(`-${option}: ${values.length} values`, () => {
        for (const { value, says, corrected } of values) {
          const args = [...argumentsBefore(app, option), `-${option}`, value];
          const real = args.map((arg) => (arg in inputFiles ? path.join(temporary, arg) : arg));
          const { status, stdout, stderr } = program.run(real);
          const what = `${app} ${args.join(' ')}: status ${status}\n${stderr}`;
          assert.ok(
            (stdout + stderr).split('\n').some((line) => says.test(line)),
            what,
          );
          assert.doesNotMatch(stderr, /Sanitizer|runtime error/, what);
          if (!corrected) assert.ok(status === 1 || (app === 'pkt-gen' && status === 255), what);
        }
      });
  });

/** An option that may be given once, or names a port, replaces the good one. */
function argumentsBefore(app: string, option: string): readonly string[] {
  const args = first[app] ?? [];
  if (app === 'vale-ctl') return option === 'C' || option === 'm' ? ['-a', 'vale0:x'] : ['-C', '0,1'];
  if (app === 'pkt-gen' && option === 'C') return ['-i', 'netmap:x'];
  if (app === 'tlem' || app === 'dedup' || !['i', 'f'].includes(option)) return args;
  const at = args.indexOf(`-${option}`);
  return app === 'bridge' || at < 0 ? [] : args.filter((_, i) => i !== at && i !== at + 1);
}
