/*
 * The loops of kernel/include/dev/netmap/netmap_nic.h as a program: what no model of a NIC does often enough.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { buildProgram, type Program } from '../libnetmap/c-program.js';

describe('the receive loop of native drivers', () => {
  let program: Program;

  before(() => {
    const quiet = [
      '-Wno-unused-function',
      '-Wno-sign-compare',
      '-Wno-unused-parameter',
      '-Wno-unused-variable',
    ];
    program = buildProgram(['test/bridges/receive.c'], ['test/bridges/kernel', 'kernel/include/dev'], quiet);
  });
  after(() => program.remove());

  it('good frames arrive in order and every buffer stays in one place, however many frames are bad', () => {
    const { status, stdout, stderr } = program.run(['1', '1000']);
    assert.equal(status, 0, stdout + stderr);
  });
});
