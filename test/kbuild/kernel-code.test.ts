import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/system/paths.js';
import { makeTree } from '../support/tree.js';
import { kernel, run } from './fixture.js';

const program = path.join(packageRoot, 'bin/netmap-configure.js');

/** Everything that can be switched on, and the least there is. */
const variants: readonly { readonly title: string; readonly args: readonly string[] }[] = [
  { title: 'every subsystem', args: ['--enable-sink', '--enable-extmem', '--drivers=realtek'] },
  {
    title: 'no subsystem',
    args: [
      '--no-drivers',
      ...['vale', 'pipe', 'monitor', 'generic', 'ptnetmap', 'null'].map((name) => `--disable-${name}`),
    ],
  },
];

for (const series of ['6.1', '6.12'] as const) {
  for (const { title, args } of variants) {
    test(`netmap.ko for ${series} with ${title}: no word from the compiler at W=1, none from sparse`, async (t) => {
      const { buildDir, sourceDir } = await kernel(series);
      const build = makeTree(t, {});
      const where = [
        `--kernel-dir=${buildDir}`,
        `--kernel-sources=${sourceDir}`,
        '--no-ext-drivers',
        '--no-apps',
      ];
      const configure = run(build, program, [...where, ...args]);
      assert.equal(configure.status, 0, configure.output);
      const make = run(build, 'make', ['netmap.ko', 'KOPTS=C=1 W=1']);
      assert.equal(make.status, 0, make.output);
      assert.ok(existsSync(path.join(build, 'netmap.ko')));
      assert.match(make.output, / CHECK .*\/kernel\/main\.c/, 'sparse reads each file by itself');
      const ours = make.output.split('\n').filter((line) => /: (warning|error):/.test(line) && isOurs(line));
      assert.deepEqual(ours, [], ours.join('\n'));
    });
  }
}

/** Of the driver only the bridge header is ours; what the kernel's own lines raise is not. */
function isOurs(line: string): boolean {
  return line.includes(`${packageRoot}/kernel/`) || line.includes(`${packageRoot}/drivers/`);
}
