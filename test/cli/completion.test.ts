import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { completionScript, shells } from '../../src/cli/completion.js';
import { optionName, optionTable } from '../../src/cli/option-table.js';
import { makeTree } from '../support/tree.js';

const universe = {
  drivers: ['stmmac', 'realtek', 'igb', 'igc'],
  externalDrivers: ['igb'],
  apps: ['pkt-gen', 'bridge'],
  aliases: new Map<string, string>(),
};
const script = (shell: (typeof shells)[number]) => completionScript(shell, universe, ['config', 'demo']);

for (const shell of shells) {
  test(`every option is offered in ${shell}`, () => {
    const text = script(shell);
    for (const row of optionTable) {
      const name = optionName(row);
      const written = shell === 'fish' ? `-l ${name} ` : `--${name}`;
      assert.ok(text.includes(written), name);
    }
  });

  test(`${shell} accepts the script`, (t) => {
    const file = path.join(makeTree(t, { script: script(shell) }), 'script');
    const { error, status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT')
      return t.skip(`there is no ${shell} here`);
    assert.equal(status, 0, stderr);
  });
}

/** What bash offers after these words; `=` is a word of its own for it. */
function offered(...words: string[]): string {
  const text = `${script('bash')}
compopt() { :; }
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_netmap_configure; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return spawnSync('bash', ['-c', text], { encoding: 'utf8' }).stdout.trim();
}

const cases: [string[], string][] = [
  [['netmap-configure', '--no-ap'], '--no-apps='],
  [['netmap-configure', 'dem'], 'demo'],
  [['netmap-configure', '--drivers', '=', 'real'], 'realtek'],
  [['netmap-configure', '--drivers', '=', 'realtek,ig'], 'realtek,igb\nrealtek,igc'],
  [['netmap-configure', '--no-ext-drivers', '='], 'igb'],
  [['netmap-configure', '--color', '=', 'n'], 'never'],
  [['netmap-configure', '--kernel-dir', '=', '/us'], '/usr'],
  [['netmap-configure', '--cc', '=', 'g'], ''],
];
for (const [words, expected] of cases) {
  test(`bash completes ${words.slice(1).join(' ')}`, () => assert.equal(offered(...words), expected));
}
