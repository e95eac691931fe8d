import assert from 'node:assert/strict';
import { it } from 'node:test';
import { buildProgram, LIBNETMAP } from './c-program.js';

it('packets go into rings and come out of them, by the library and by the header', (t) => {
  const sources = ['test/libnetmap/rings.c', 'apps/pkt-gen/null-device.c', ...LIBNETMAP];
  const program = buildProgram(sources, ['apps/pkt-gen']);
  t.after(() => program.remove());
  const { status, stdout, stderr } = program.run([]);
  assert.equal(status, 0, stderr);
  const lines = stdout.trimEnd().split('\n');
  assert.deepEqual(
    lines.filter((line) => !line.startsWith('ok ')),
    [],
  );
  assert.equal(lines.length, 50);
});
