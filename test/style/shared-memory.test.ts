/* Memory that programs write to is read through the accessors of netmap_shared.h only; sparse sees to the rest. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { makeTree } from '../support/tree.js';

const ACCESSORS = 'kernel/include/dev/netmap/netmap_shared.h';

/** What stands in no file of the module but the accessors, and why. */
const rules: readonly { readonly what: RegExp; readonly why: string; readonly where?: RegExp }[] = [
  {
    what: /->ring\b(?!\[)/,
    why: 'the ring of a kring is nm_kring_shared(), its slots are nm_kring_slot()',
    // its rings have a member of that name, whose type is right
    where: /^kernel\/(?!ports\/ptnet\/)/,
  },
  {
    what: /(?<!const )\bstruct (?:netmap_ring|netmap_slot|netmap_if|nm_csb_atok|nm_csb_ktoa) \*(?!netmap_reset\()/,
    why: 'pointers to such memory are __nmshared, and what was read is passed by value',
  },
  {
    what: /\b__force (?!__(?:be|le)\d\d|__wsum|__sum16)/,
    why: 'casts of pointers are in netmap_shared.h',
  },
  { what: /\bP?NMB(?:_O)?\(/, why: 'a buffer is nm_buf() or nm_slot_room() of a slot that was read' },
  { what: /\bnm_(?:get|write)_offset\(/, why: 'nm_slot_offset() and nm_slot_ptr() take values' },
];

function filesOfModule(): string[] {
  const listed = spawnSync(
    'git',
    ['ls-files', '-z', '--', 'kernel/*.c', 'kernel/*.h', ':!kernel/include', ':!kernel/compat.h'],
    {
      cwd: packageRoot,
      encoding: 'utf8',
    },
  );
  return listed.stdout.split('\0').filter((name) => name !== '');
}

test('rings, slots and buffers are reached through their accessors', () => {
  const names = filesOfModule();
  assert.ok(names.length > 50, 'the files of the module are found');
  const findings = names.flatMap((name) => {
    const lines = readFileSync(path.join(packageRoot, name), 'utf8').split('\n');
    return lines.flatMap((line, index) =>
      rules
        .filter(
          ({ what, where }) => what.test(line) && (where?.test(name) ?? true) && !/^\s*\/?\*/.test(line),
        )
        .map(({ why }) => `${name}:${index + 1}: ${line.trim()} (${why})`),
    );
  });
  assert.deepEqual(findings, []);
});

test('sparse refuses a plain dereference, and takes the accessors', (t) => {
  const header = readFileSync(path.join(packageRoot, ACCESSORS), 'utf8');
  const define = /#ifdef __CHECKER__\n#define __nmshared .*\n/.exec(header)?.[0];
  const load = /#define nm_plain\(_p\) \\\n.*\n/.exec(header)?.[0];
  assert.ok(define !== undefined && load !== undefined, `${ACCESSORS} has __nmshared and nm_plain()`);
  const common = `#define __force __attribute__((force))\n${define}#endif\n${load}struct slot { unsigned short len; };\n`;
  const use = (name: string, expression: string) =>
    `static int ${name}(struct slot __nmshared *s)\n{\n\treturn ${expression};\n}\n`;
  const folder = makeTree(t, {
    'plain.c': `${common}${use('plain', 's->len')}int (*used)(struct slot __nmshared *) = plain;\n`,
    'right.c': `${common}${use('right', '*nm_plain(&s->len)')}int (*used)(struct slot __nmshared *) = right;\n`,
  });
  const sparse = (file: string) =>
    spawnSync('sparse', ['-Wno-decl', file], { cwd: folder, encoding: 'utf8' });
  assert.match(sparse('plain.c').stderr, /plain\.c:\d+:.*dereference of noderef expression/);
  assert.equal(sparse('right.c').stderr, '');
});
