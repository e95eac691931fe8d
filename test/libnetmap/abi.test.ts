import { test } from 'node:test';
import { buildProgram } from './c-program.js';

test('the public headers have the layout and the numbers that programs were built with', () => {
  buildProgram(['test/libnetmap/abi.c']).remove();
});
