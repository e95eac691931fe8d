/*
 * Every option that an application knows is in its help, manual and completion, is used by a test that checks what
 * it does, and, when it takes a value, has a bad one in bad-values.ts.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { apps } from '../vm/user-space.js';
import { badValues } from './bad-values.js';
import { cases } from './option-cases.js';

const read = (...parts: string[]) => readFileSync(path.join(packageRoot, ...parts), 'utf8');
const filesOf = (folder: string, pattern: RegExp) =>
  readdirSync(path.join(packageRoot, folder))
    .filter((file) => pattern.test(file))
    .map((file) => read(folder, file));

interface Options {
  /** As on the command line: -x, --word. */
  readonly all: string[];
  readonly withValue: string[];
}

/** What the application passes to getopt(). */
function optionsOf(app: string): Options {
  const source = filesOf(`apps/${app}`, /\.c$/).join('');
  const letters = /getopt(?:_long)?\(argc, argv,\s*":?([\w:]+)"/.exec(source)?.[1];
  assert.ok(letters, `${app} calls getopt`);
  const words = [...source.matchAll(/\{ "([\w-]+)", (?:no|required)_argument,/g)].map(
    ([, word]) => `--${word}`,
  );
  const found = [...letters.matchAll(/(\w)(:?)/g)];
  return {
    all: [...found.map(([, letter]) => `-${letter}`), ...words],
    withValue: found.filter(([, , value]) => value === ':').map(([, letter]) => letter ?? ''),
  };
}

/** Functions of a script that pass their arguments on to the application. */
function wrappersOf(app: string, script: string): string[] {
  const passes = new RegExp(`\\b${app}\\b.*"\\$@"`);
  return [...script.matchAll(/^(\w+)\(\)\n\{\n([\s\S]*?)^\}/gm)]
    .filter(([, , body]) => passes.test(body ?? ''))
    .map(([, name]) => name ?? '');
}

/** Options on command lines of guest scripts; values of `for` loops replace their variables. */
function usedInScripts(app: string): Set<string> {
  const used = new Set<string>();
  for (const script of filesOf('test/vm/guest', /^apps.*\.sh$/)) {
    const loops = new Map<string, string>();
    const names = [`${app}(?:-b)?`, ...wrappersOf(app, script)].join('|');
    for (const line of script.replaceAll('\\\n', ' ').split('\n')) {
      const loop = /^\s*for (\w+) in (.*); do/.exec(line);
      if (loop?.[1] !== undefined && loop[2] !== undefined)
        loops.set(loop[1], loop[2].replaceAll(/["']/g, ' '));
      const expanded = line.replaceAll(/\$(\w+)/g, (whole, name: string) => loops.get(name) ?? whole);
      const command = new RegExp(`(?:^|[\\s"'(])(?:${names})((?:\\s+[^|>&;]+)+)`).exec(expanded);
      for (const [, option] of command?.[1]?.matchAll(/\s(--?\w[\w-]*)/g) ?? []) used.add(option ?? '');
    }
  }
  return used;
}

/** Options in runs that end well, of unit tests. */
function usedInUnitTests(app: string): Set<string> {
  const good = (cases[app] ?? []).filter(([, status]) => status === 0).flatMap(([args]) => args);
  const files = app === 'pkt-gen' ? filesOf('test/apps', /^pkt-gen.*\.test\.ts$/).join('') : '';
  return new Set([...good, ...[...files.matchAll(/'(--?\w[\w-]*)'/g)].map(([, option]) => option ?? '')]);
}

/** The part of the completion that lists an application's options. */
function completed(app: string): string {
  const script = read('apps/common/completion.bash');
  const start = script.search(new RegExp(`^\\t${app}(?: \\| ${app}-b)?\\)`, 'm'));
  return script.slice(start, script.indexOf(';;', start));
}

const mentions = (text: string, option: string) => new RegExp(`(?<![\\w-])${option}(?![\\w-])`).test(text);

for (const app of apps)
  describe(`options of ${app}`, () => {
    const { all, withValue } = optionsOf(app);

    it('are in its help, manual and completion', () => {
      const source = filesOf(`apps/${app}`, /\.c$/).join('').replaceAll('\\t', ' ').replaceAll('\\n', ' ');
      const strings = [...source.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text ?? '').join('\n');
      const manual = filesOf(`apps/${app}`, /\.[48]$/)
        .join('')
        .replaceAll('\\-', '-')
        .replaceAll(/\\f[BIR]/g, ' ');
      for (const option of all) {
        if (option === '-h' && app !== 'vale-ctl') continue;
        if (option === '--help') continue;
        assert.ok(mentions(strings, option), `the help has ${option}`);
        assert.ok(mentions(manual, option), `the manual has ${option}`);
        assert.ok(mentions(completed(app), option), `the completion has ${option}`);
      }
    });

    it('are all used by tests', () => {
      const used = new Set([...usedInScripts(app), ...usedInUnitTests(app)]);
      const unused = all.filter((option) => !used.has(option) && !isHelp(app, option));
      assert.deepEqual(unused, []);
    });

    it('that take a value have bad ones', () => {
      assert.deepEqual(
        withValue.filter((letter) => !badValues[app]?.[letter]?.length),
        [],
      );
    });
  });

/** Help is a case of its own, with the status that the application gives it. */
function isHelp(app: string, option: string): boolean {
  return option === '-h' && (cases[app] ?? []).some(([args]) => args.length === 1 && args[0] === '-h');
}
