import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isEmulatorFault } from '../../../src/lab/vm/emulator-fault.js';

const begun = '# init\nKTAP version 1\n';
const whole = `${begun}1..1\nok 1 all\n# end\n`;
const oops = (kind: string): string =>
  `[    7.361231] random: crng init done\n[    7.363806] ${kind}: 0000 [#1] PREEMPT SMP NOPTI\nKernel panic\n`;

for (const [name, verdict, console, expected] of [
  ['a guest that never reached init', '', '', true],
  ['an int3 of a new kernel', begun, oops('Oops: int3'), true],
  ['an int3 of an old kernel', begun, oops('int3'), true],
  ['another Oops', begun, oops('Oops: Oops'), false],
  ['an int3 after another Oops', begun, `${oops('Oops: Oops')}[ 8.0] Oops: int3: 0000 [#2]\n`, false],
  ['a guest that broke off', begun, '', false],
  ['a guest that came to its end', whole, oops('Oops: int3'), false],
] as const)
  test(`fault of the emulator: ${name}: ${expected ? 'yes' : 'no'}`, () => {
    assert.equal(isEmulatorFault(verdict, console), expected);
  });
