import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { optionTable } from '../../../src/core/options/option-table.js';
import { optionName } from '../../../src/core/options/row.js';
import { packageRoot } from '../../../src/core/paths.js';

const manualOptions = optionTable.map(optionName);
const program = path.join(packageRoot, 'bin/netmap-configure.js');

function man(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'man', ...args], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

test('the manual has every option, command and exit status', () => {
  const page = man();
  assert.ok(page.startsWith('.TH NETMAP\\-CONFIGURE 8 '));
  for (const name of manualOptions) {
    assert.ok(page.includes(`.B \\-\\-${name.replaceAll('-', '\\-')}`), name);
  }
  for (const name of ['load', 'unload', 'status', 'config', 'completion', 'demo']) {
    assert.ok(page.includes(`.B ${name}`), name);
  }
  assert.match(page, /^\.B 3\nconfigured, but a driver named/m);
  assert.match(page, /^\.B \\-\\-no\\-drivers\[=<list>\]$/m);
});

test('no line of the manual is taken for a request that is none', () => {
  const requests = man()
    .split('\n')
    .filter((line) => /^[.']/.test(line))
    .map((line) => line.split(' ')[0]);
  const known = ['.TH', '.SH', '.SS', '.TP', '.B', '.BR', '.RI', '.br', '.I'];
  assert.deepEqual(
    [...new Set(requests)].filter((request) => !known.includes(request as string)),
    [],
  );
});

test('the same as Markdown', () => {
  const text = man('--markdown');
  for (const name of manualOptions) assert.ok(text.includes(`| \`--${name}`), name);
  assert.ok(text.includes('| `load '));
});
