import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { configureProgram } from '../../../src/core/options/configure-program.js';
import { optionTable } from '../../../src/core/options/option-table.js';
import { portProgram } from '../../../src/core/options/port-program.js';
import { optionName } from '../../../src/core/options/row.js';
import { packageRoot } from '../../../src/core/paths.js';
import { makeTree } from '../../support/tree.js';

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

test('--into writes a page for each program and command, which man can read', (t) => {
  const folder = makeTree(t, {});
  assert.match(man(`--into=${folder}`), /^wrote \d+ pages below /);
  for (const { name, section, commands } of [configureProgram, portProgram])
    for (const page of [name, ...commands.map((command) => `${name}-${command.name}`)]) {
      const text = readFileSync(path.join(folder, `man${section}/${page}.${section}`), 'utf8');
      assert.ok(text.startsWith(`.TH ${page.toUpperCase().replaceAll('-', '\\-')} ${section} `), page);
      const { status, stderr } = spawnSync('man', ['--warnings', '-l', '-E', 'UTF-8', '-'], {
        input: text,
        encoding: 'utf8',
        env: { ...process.env, MANROFFSEQ: '' },
      });
      // Machines without man-db check the text alone.
      if (status !== null) assert.equal(stderr, '', page);
    }
});
