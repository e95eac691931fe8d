import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { wordsOf } from '../../../src/commands/completion/plan.js';
import { completionScript } from '../../../src/commands/completion/show.js';
import { optionsOf } from '../../../src/core/options/command.js';
import { configureProgram, shells } from '../../../src/core/options/configure-program.js';
import { optionName } from '../../../src/core/options/row.js';
import { makeTree } from '../../support/tree.js';

const universe = {
  drivers: ['stmmac', 'realtek', 'igb', 'igc'],
  externalDrivers: ['igb'],
  apps: ['pkt-gen', 'bridge'],
  aliases: new Map<string, string>(),
};
const script = (shell: (typeof shells)[number]) =>
  completionScript(shell, wordsOf(configureProgram, universe));
const rows = [configureProgram.main, ...configureProgram.commands].flatMap(optionsOf);

for (const shell of shells) {
  test(`every option is offered in ${shell}`, () => {
    const text = script(shell);
    for (const name of rows.map(optionName)) {
      assert.ok(text.includes(shell === 'fish' ? `-l ${name} ` : `--${name}`), name);
    }
  });

  test(`${shell} accepts the script`, (t) => {
    const file = path.join(makeTree(t, { script: script(shell) }), 'script');
    const { error, status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    assert.equal(error, undefined, `${shell} is a prerequisite of this test`);
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
  [['netmap-configure', 'load', '--bu'], '--build='],
  [['netmap-configure', 'load', '--confirm-'], '--confirm-within='],
  [['netmap-configure', 'load', '--driver'], ''],
  [['netmap-configure', 'doctor', '--f'], '--fix'],
  [['netmap-configure', 'load', 'l'], 'lo'],
  [['netmap-configure', 'man', 'unl'], 'unload'],
  [['netmap-configure', 'demo', '--chip', '=', '8125'], '8125a\n8125b'],
  [['netmap-configure', '--json', 'config', 's'], 'show'],
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

/** What fish offers for a command line; it has a command for that. */
function fishOffers(t: TestContext, line: string): string[] {
  const home = makeTree(t, { 'netmap.fish': script('fish') });
  const { stdout, stderr } = spawnSync('fish', ['-c', `source ${home}/netmap.fish; complete -C '${line}'`], {
    encoding: 'utf8',
    env: { ...process.env, HOME: home },
  });
  assert.equal(stderr, '');
  return stdout
    .trim()
    .split('\n')
    .map((offer) => offer.split('\t')[0] as string);
}

test('fish completes options, values and commands', (t) => {
  assert.deepEqual(fishOffers(t, 'netmap-configure --no-ap'), ['--no-apps']);
  assert.deepEqual(fishOffers(t, 'netmap-configure --color=n'), ['--color=never']);
  assert.deepEqual(fishOffers(t, 'netmap-configure --drivers=realtek,ig').sort(), [
    '--drivers=realtek,igb',
    '--drivers=realtek,igc',
  ]);
  assert.ok(fishOffers(t, 'netmap-configure dem').includes('demo'));
});

test('zsh takes the specification of every option', (t) => {
  // _arguments parses all of it when it is called; what it cannot parse it reports.
  const home = makeTree(t, { _netmap: script('zsh') });
  const text = [
    'autoload -Uz compinit && compinit -u -d "$HOME/dump"',
    'zmodload zsh/zpty',
    `zpty shell "HOME=$HOME zsh -f -i"`,
    `zpty -w shell 'PS1=; fpath=($HOME $fpath); autoload -Uz compinit; compinit -u -d $HOME/dump2; compdef _netmap netmap-configure; echo READY'`,
    `zpty -r shell line '*READY*READY*'`,
    `zpty -w -n shell 'netmap-configure --no-ap'$'\t'`,
    `zpty -r -m shell line '*--no-apps*' && echo OFFERED`,
  ].join('\n');
  const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', text], {
    encoding: 'utf8',
    env: { ...process.env, HOME: home, TERM: 'dumb' },
    timeout: 60_000,
  });
  assert.match(stdout, /OFFERED/, stderr);
});
