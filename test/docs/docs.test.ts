import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { optionsOf } from '../../src/core/options/command.js';
import { configureProgram } from '../../src/core/options/configure-program.js';
import { portProgram } from '../../src/core/options/port-program.js';
import { optionName } from '../../src/core/options/row.js';
import { packageRoot } from '../../src/core/paths.js';

const docs = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(path.join(packageRoot, 'docs')).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'));
const textOf = (name: string) => readFileSync(path.join(packageRoot, name), 'utf8');

const program = configureProgram.main;
const commands = new Map(configureProgram.commands.map((command) => [command.name, command]));
const flagsOf = (command: typeof program) => optionsOf(command).map((row) => `--${optionName(row)}`);

/** Options of netmap-port-driver. */
const portDriverFlags = portProgram.commands.flatMap((command) =>
  optionsOf(command).map((row) => `--${optionName(row)}`),
);

/** What users type in a code span or block: `netmap-configure ...`. */
function commandLines(text: string): string[] {
  const spans = text.match(/`[^`\n]+`/g) ?? [];
  const blocks = [...text.matchAll(/```[^\n]*\n([\s\S]*?)```/g)].flatMap(([, body]) =>
    (body as string).split('\n'),
  );
  return [...spans.map((span) => span.slice(1, -1)), ...blocks];
}

test('options and commands of netmap-configure that the documents name exist', () => {
  const unknown: string[] = [];
  for (const name of docs) {
    for (const line of commandLines(textOf(name))) {
      const words = /(?:^|\s|\/)netmap-configure(?:\.js)?\s(.*)$/.exec(line)?.[1]?.split(/\s+/) ?? [];
      const command = words.map((word) => commands.get(word)).find((found) => found !== undefined);
      const known = [
        ...flagsOf(program),
        ...(command === undefined ? [] : flagsOf(command)),
        '--help',
        '--version',
      ];
      const wild = (flag: string) =>
        known.some((one) => one.startsWith(flag.replace(/\*$/, '')) && flag.endsWith('*'));
      for (const flag of words.map((word) => /^\[?(--[a-z][\w-]*\*?)/.exec(word)?.[1])) {
        if (flag !== undefined && !known.includes(flag) && !wild(flag))
          unknown.push(`${name}: ${flag} in "${line}"`);
      }
    }
  }
  assert.deepEqual(unknown, []);
});

test('an option in a code span of its own is one of our programs, or of a program that is named beside it', () => {
  const all = new Set([
    ...flagsOf(program),
    ...[...commands.values()].flatMap(flagsOf),
    ...portDriverFlags,
    ...['--help', '--version', '--strict'],
  ]);
  const unknown: string[] = [];
  let spans = 0;
  for (const name of [
    'README.md',
    'docs/compatibility.md',
    'docs/pains.md',
    'docs/external-drivers.md',
    'docs/configuration-file.md',
  ]) {
    for (const [, flag] of textOf(name).matchAll(/`(--[a-z][\w-]*)[^`\n]*`/g)) {
      spans++;
      if (!all.has(flag as string)) unknown.push(`${name}: ${flag}`);
    }
  }
  assert.deepEqual(unknown, []);
  assert.ok(spans > 30, `only ${spans} options were found`);
});

test('documents link to files that exist', () => {
  const broken: string[] = [];
  let links = 0;
  for (const name of docs) {
    for (const [, target] of textOf(name).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)) {
      links++;
      const file = path.resolve(packageRoot, path.dirname(name), target as string);
      if (!existsSync(file)) broken.push(`${name}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
  assert.ok(links > 20, `only ${links} links were found`);
});

test('every known problem has its answer', () => {
  const answered = new Map<string, string>();
  for (const line of textOf('docs/pains.md').split('\n')) {
    const [, numbers, answer] = /^\| ((?:[BDRP]\d+(?:, )?)+)[^|]*\|([^|]*)\|$/.exec(line) ?? [];
    for (const number of numbers?.split(', ') ?? []) answered.set(number, answer as string);
  }
  const counts = { B: 25, D: 7, R: 20, P: 8 };
  const all = Object.entries(counts).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
  );
  assert.deepEqual([...answered.keys()].sort(), all.sort());
  for (const [number, answer] of answered) {
    assert.ok(answer.trim().length > 3, number);
    assert.doesNotMatch(answer, /^ not answered[^:]*$/, `${number} says why`);
  }
});

const ROOMS = 'src|kernel|drivers|templates|lab|test|bench|apps|libnetmap|bin';

test('files that the documents name exist', () => {
  const named = docs.flatMap((name) =>
    [...textOf(name).matchAll(new RegExp(`\`((?:${ROOMS})/[\\w./-]+)\``, 'g'))].map(([, file]) => ({
      name,
      file,
    })),
  );
  assert.ok(named.length > 50, `only ${named.length} files are named`);
  const gone = named.filter(
    ({ file = '' }) => !/[A-Z]{3}/.test(file) && !existsSync(path.join(packageRoot, file)),
  );
  assert.deepEqual(gone, []);
});

test('functions that the tour names stand in the file before them', () => {
  const gone: string[] = [];
  let rows = 0;
  for (const line of textOf('docs/tour.md').split('\n')) {
    const file = new RegExp(`\`((?:${ROOMS})/[\\w./-]+)\``).exec(line)?.[1];
    for (const [, word] of line.matchAll(/`(\w+)\(\)`/g)) {
      rows += 1;
      const text = file === undefined ? '' : readFileSync(path.join(packageRoot, file), 'utf8');
      if (!text.includes(`${word}(`)) gone.push(`${word} in ${file}`);
    }
  }
  assert.ok(rows > 5, `only ${rows} functions are named`);
  assert.deepEqual(gone, []);
});
