/*
 * Every command with every option: what its row takes is accepted in front of it and behind it, everything else is
 * refused with status 2, and with --json the output is one document.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configureCommands, portCommands } from '../../src/cli/commands.js';
import { runWith } from '../../src/cli/main.js';
import { parse } from '../../src/cli/parse.js';
import { runWith as runPort } from '../../src/cli/port.js';
import { exitCodes, NetmapError } from '../../src/core/errors.js';
import { type CommandRow, optionsOf, type ProgramRow } from '../../src/core/options/command.js';
import { configureProgram, demoChips, demoKernels } from '../../src/core/options/configure-program.js';
import { optionTable } from '../../src/core/options/option-table.js';
import { portProgram } from '../../src/core/options/port-program.js';
import { optionName, type Row, takes } from '../../src/core/options/row.js';
import { chips } from '../../src/lab/vm/chips.js';
import { kernelSeries } from '../../src/lab/vm/kernel-packages.js';
import { silentContext } from '../support/program.js';
import { makeTree } from '../support/tree.js';

const numbers: Readonly<Record<string, string>> = { 'confirm-within': '5', frames: '5000' };

/** The option with a value that it takes. */
function sample(row: Row): string {
  const name = optionName(row);
  if (takes(row) === 'nothing' || row.flags.includes('[')) return `--${name}`;
  const [word = numbers[name] ?? 'x'] = typeof row.values === 'object' ? row.values : [];
  return `--${name}=${word}`;
}

/** What must stand beside an option: what its row needs, and what the command requires. */
function beside<F>(command: CommandRow<F>, row: Row): string[] {
  const name = optionName(row);
  const needs = (command.rules ?? []).flatMap((rule) =>
    'needs' in rule && rule.option === name ? rule.needs.slice(0, 1) : [],
  );
  const required = optionsOf(command).filter((one) => one.required && one !== row);
  const needed = optionsOf(command).filter((one) => needs.includes(optionName(one)));
  return [...required, ...needed].map(sample);
}

/** Words that the command cannot do without. */
function words<F>({ argument }: CommandRow<F>): string[] {
  if (argument === undefined || !argument.form.startsWith('<')) return [];
  return [typeof argument.values === 'object' ? (argument.values[0] ?? 'x') : 'x'];
}

function understood<F>(table: ProgramRow<F>, args: readonly string[]) {
  return parse(table, args, { version: '0', out: () => undefined });
}

function refused<F>(table: ProgramRow<F>, args: readonly string[]): void {
  assert.throws(
    () => understood(table, args),
    (error) => error instanceof NetmapError && error.exitCode === exitCodes.usage && error.code === 'usage',
    args.join(' '),
  );
}

function checkTable<F>(table: ProgramRow<F>): void {
  const every = [...new Set([table.main, ...table.commands].flatMap(optionsOf))];
  for (const command of table.commands.filter(({ name }) => name !== 'help')) {
    const own = optionsOf(command);
    test(`${table.name} ${command.name} takes its ${own.length} options, and no other`, () => {
      for (const row of own) {
        const rest = [...beside(command, row), ...words(command)];
        const behind = understood(table, [command.name, sample(row), ...rest]);
        assert.equal(behind?.command.name, command.name, sample(row));
        if (!optionsOf(table.main).includes(row) || table.commands.includes(table.main)) continue;
        const before = understood(table, [sample(row), command.name, ...rest]);
        assert.deepEqual(before?.steps, behind?.steps, sample(row));
      }
      const names = own.map(optionName);
      for (const row of every.filter((one) => !names.includes(optionName(one)))) {
        refused(table, [command.name, sample(row), ...words(command)]);
        // Without a command in front of it, an option is one of the default command's.
        if (!table.commands.includes(table.main))
          refused(table, [sample(row), command.name, ...words(command)]);
      }
    });

    for (const [at, rule] of (command.rules ?? []).entries())
      test(`${table.name} ${command.name}: rule ${at + 1} holds`, () => {
        const find = (name: string) => own.filter((row) => optionName(row) === name).map(sample);
        const required = own.filter((row) => row.required).map(sample);
        const base = [command.name, ...words(command), ...required];
        if ('word' in rule) {
          const other = own.find((row) => !rule.allows.includes(optionName(row)));
          if (other !== undefined) refused(table, [command.name, rule.word, sample(other)]);
        } else if ('needs' in rule) refused(table, [...base, ...find(rule.option)]);
        else
          for (const name of rule.excludes) {
            const second = find(name);
            refused(table, [...base, ...find(rule.option), ...(second.length === 0 ? ['x'] : second)]);
          }
      });

    if (command.argument?.form.includes('...') !== true)
      test(`${table.name} ${command.name}: surplus words are refused`, () => {
        refused(table, [command.name, ...words(command), 'surplus', 'words']);
      });
  }
}

checkTable(configureProgram);
checkTable(portProgram);

test('every command of the tables is run by something, and nothing else is', () => {
  const names = <F>({ main, commands }: ProgramRow<F>) =>
    [...new Set([main.name, ...commands.map(({ name }) => name)])].filter((name) => name !== 'help').sort();
  assert.deepEqual([...configureCommands.keys()].sort(), names(configureProgram));
  assert.deepEqual([...portCommands.keys()].sort(), names(portProgram));
});

test('demo offers what the lab has', () => {
  assert.deepEqual([...demoChips], [...chips]);
  assert.deepEqual([...demoKernels], Object.keys(kernelSeries));
});

test('options stand in one table only: a name means the same wherever it is a setting', () => {
  const names = optionTable.map(optionName);
  assert.equal(new Set(names).size, names.length);
  for (const { flags } of configureProgram.commands)
    for (const row of flags) assert.ok(!names.includes(optionName(row)), row.flags);
});

/** Command lines that change nothing, for each command that takes --json. */
const harmless: Readonly<Record<string, readonly string[]>> = {
  configure: ['--kernel-dir=/nowhere', '--no-drivers', '--dry-run'],
  config: ['config', 'show'],
  doctor: ['doctor', 'lo'],
  fetch: ['fetch', '--list'],
  load: ['load', '--dry-run'],
  unload: ['unload', '--dry-run'],
  status: ['status'],
  sign: ['sign', '--dry-run'],
  uninstall: ['uninstall', '--dry-run', '--prefix=/nowhere'],
  dkms: ['dkms', '--dry-run', '--destdir=/nowhere', '--drivers='],
  demo: ['demo', '--frames=1'],
};

for (const command of [configureProgram.main, ...configureProgram.commands]) {
  if (!optionsOf(command).some((row) => optionName(row) === 'json')) continue;
  test(`${command.name} --json prints one document`, async (t) => {
    const args = harmless[command.name];
    assert.ok(args !== undefined, 'a command line that changes nothing is needed here');
    let printed = '';
    const out = (text: string) => {
      printed += text;
    };
    const cwd = makeTree(t, {});
    const context = { ...silentContext(), cwd, env: { PATH: process.env.PATH, HOME: cwd }, out };
    const result = await runWith([...args, '--json'], context);
    assert.equal(result.err, '');
    assert.equal(typeof JSON.parse(`${printed}${result.out}`), 'object');
    const plain = await runWith(args, context);
    assert.throws(() => JSON.parse(`${plain.out}${plain.err}`), command.name);
    assert.equal(plain.status, result.status);
  });
}

test('--color=always colors the errors of every command, --color=never none', async () => {
  for (const [table, run] of [
    [configureProgram, runWith],
    [portProgram, runPort],
  ] as const) {
    for (const { name } of table.commands) {
      const words = [name, '--nonsense'];
      const colored = await run([...words, '--color=always'], silentContext());
      assert.ok(colored.err.includes('\u001b[31merror:'), name);
      const plain = await run([...words, '--color=never'], { ...silentContext(), errorTerminal: true });
      assert.ok(plain.err.startsWith('error:'), name);
      const env = { NO_COLOR: '1' };
      const quiet = await run(words, { ...silentContext(), env, errorTerminal: true });
      assert.ok(quiet.err.startsWith('error:'), name);
    }
  }
});
