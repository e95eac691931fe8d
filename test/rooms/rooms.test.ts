import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { makeTree } from '../support/tree.js';

/** Imports that the lint phase must refuse: the rule, the file that imports, what it says. */
const refused: readonly [rule: string, file: string, text: string][] = [
  ['facts-imports-core', 'facts/a.ts', "import '../build/x.js';\n"],
  ['core-imports-no-room', 'core/type.ts', "import type { X } from '../cli/x.js';\nexport type A = X;\n"],
  ['build-imports-core-facts', 'build/later.ts', "export const a = () => import('../machine/x.js');\n"],
  ['porting-source-is-below', 'porting/source/a.ts', "export { x } from '../learn/x.js';\n"],
  ['commands-stand-alone', 'commands/load/a.ts', "import '../sign/x.js';\n"],
  ['no-circle', 'lab/a.ts', "import './b.js';\n"],
  ['no-circle-of-folders', 'facts/one', ''],
  ['effects-in-core', 'facts/read.ts', "import { readFile } from 'node:fs/promises';\nvoid readFile;\n"],
  ['effects-in-core', 'machine/start.ts', "import { spawn } from 'node:child_process';\nvoid spawn;\n"],
  ['effects-in-core', 'lab/type.ts', "import type { Stats } from 'node:fs';\nexport type S = Stats;\n"],
  ['effects-in-core', 'porting/work/run.ts', "export const e = () => import('execa');\n"],
  ['effects-in-core', 'porting/work/git.ts', "import { simpleGit } from 'simple-git';\nvoid simpleGit;\n"],
  ['resolvable', 'core/lost.ts', "import './gone.js';\n"],
];

/** What those imports lead to. */
const targets: Readonly<Record<string, string>> = {
  'src/build/x.ts': '',
  'src/cli/x.ts': 'export interface X {}\n',
  'src/machine/x.ts': 'export const x = 1;\n',
  'src/porting/learn/x.ts': 'export const x = 1;\n',
  'src/commands/sign/x.ts': '',
  'src/lab/b.ts': "import './a.js';\n",
  'src/facts/one/to.ts': "import '../two/x.js';\n",
  'src/facts/one/x.ts': '',
  'src/facts/two/back.ts': "import '../one/x.js';\n",
  'src/facts/two/x.ts': '',
};

function cruise(directory: string) {
  const program = path.join(packageRoot, 'node_modules/.bin/depcruise');
  const config = path.join(packageRoot, '.dependency-cruiser.js');
  return spawnSync(program, ['src', '--output-type', 'err-long', '--config', config], {
    cwd: directory,
    encoding: 'utf8',
  });
}

test('the lint phase refuses every import against the order of the rooms', (t) => {
  const planted = refused.filter(([, , text]) => text !== '').map(([, file, text]) => [`src/${file}`, text]);
  const { status, stdout } = cruise(makeTree(t, { ...targets, ...Object.fromEntries(planted) }));
  assert.notEqual(status, 0);
  for (const [rule, file] of refused) assert.match(stdout, new RegExp(`error ${rule}: src/${file} `));
});

test('the lint phase accepts imports that point down', (t) => {
  const { status, stdout } = cruise(
    makeTree(t, {
      'src/commands/load/a.ts': "import '../../machine/b.js';\n",
      'src/machine/b.ts': "import '../core/c.js';\n",
      'src/core/c.ts': "import 'node:fs';\n",
    }),
  );
  assert.equal(status, 0, stdout);
});
