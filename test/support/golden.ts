import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../src/core/paths.js';

/**
 * Compares with `test/<room>/golden/<name>`. `UPDATE_GOLDEN=1 npm test -- unit` writes the file instead, for a
 * reviewer to look at; volatile text must have been replaced before.
 */
export function assertGolden(room: string, name: string, actual: string): void {
  const file = path.join(packageRoot, 'test', room, 'golden', name);
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, actual);
    return;
  }
  assert.equal(actual, readFileSync(file, 'utf8'), `differs from ${file}; UPDATE_GOLDEN=1 accepts it`);
}
