import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { realFiles } from '../../src/core/files.js';
import { packageRoot } from '../../src/core/paths.js';
import { createRunner } from '../../src/core/runner.js';
import { obtainKernel } from '../../src/lab/vm/debian-kernel.js';
import { makeTree } from '../support/tree.js';

/** A group of C files and the checks that do not apply to it, each with the reason. */
interface Group {
  readonly title: string;
  /** As for git ls-files; `:!` excludes. */
  readonly files: readonly string[];
  readonly without: Readonly<Record<string, string>>;
  /** User space is held to errors and warnings only; kernel code to the checks of --strict too. */
  readonly lenient?: true;
}

const USER_SPACE: Readonly<Record<string, string>> = {
  PREFER_KERNEL_TYPES: 'u32 and its like are types of the kernel',
  ARRAY_SIZE: 'the macro is the kernel’s',
  MACRO_ARG_REUSE: 'the classic macros of netmap_user.h do that',
  MACRO_ARG_UNUSED: 'the classic macros of netmap_user.h do that',
  PREFER_DEFINED_ATTRIBUTE_MACRO: 'the macros are the kernel’s',
  USE_NEGATIVE_ERRNO: 'errno is positive in user space',
  VOLATILE: 'flags of signal handlers and rings shared with the kernel',
  MEMORY_BARRIER: 'the rule is about the kernel’s barriers',
  STRCPY: 'strscpy is the kernel’s',
  STRNCPY: 'strscpy is the kernel’s',
  STRLCPY: 'strscpy is the kernel’s',
  AVOID_EXTERNS: 'environ and its like',
  CONST_STRUCT: 'struct file_operations is the kernel’s',
  SSCANF_TO_KSTRTO: 'kstrto is the kernel’s',
  USLEEP_RANGE: 'the rule is about kernel timers',
  LONG_LINE_STRING: 'messages stay in one piece',
  EMBEDDED_FUNCTION_NAME: 'usage texts name the program',
  NEW_TYPEDEFS: 'public types of the library',
  CAMELCASE: 'names of other libraries',
  USE_FUNC: 'classic macros of netmap_user.h',
  SINGLE_STATEMENT_DO_WHILE_MACRO: 'classic macros of netmap_user.h',
  FUNCTION_ARGUMENTS: 'types of call-backs in the public header',
  BLOCK_COMMENT_STYLE: 'a comment of two lines does not spend two more on stars',
  SPLIT_STRING: 'tables and usage texts, one line of output a string',
};

const groups: readonly Group[] = [
  {
    title: 'the core module',
    files: ['kernel/**/*.c', 'kernel/**/*.h', ':!kernel/include', ':!kernel/compat.h'],
    without: {
      CAMELCASE: 'struct Qdisc and its like are the kernel’s',
      COMPLEX_MACRO: 'loops over rings cannot be put in parentheses',
      MACRO_ARG_REUSE: 'loops over rings use their variables several times',
      MULTISTATEMENT_MACRO_USE_DO_WHILE: 'tables of static assertions are declarations',
      TRAILING_SEMICOLON: 'tables of static assertions are declarations',
      LONG_LINE_STRING: 'messages stay in one piece',
    },
  },
  {
    title: 'the one file of kernel versions',
    files: ['kernel/compat.h'],
    without: {
      LINUX_VERSION_CODE: 'this is the place for it',
      CONSTANT_COMPARISON: 'follows from it',
      CAMELCASE: 'struct Qdisc is the kernel’s',
    },
  },
  {
    title: 'bridge headers',
    files: ['drivers/**/*.h'],
    without: { CAMELCASE: 'names of the drivers they serve' },
  },
  {
    title: 'public headers and the driver API',
    files: ['kernel/include/net/*.h', 'kernel/include/dev/**/*.h', ':!kernel/include/net/netmap_user.h'],
    without: {
      PREFER_KERNEL_TYPES: 'shared with user space, and with bridge headers written for the classic API',
      VOLATILE: 'ring fields are shared with user space',
      MACRO_ARG_REUSE: 'classic macros of the driver API',
      NEW_TYPEDEFS: 'classic types of the driver API',
      FLEXIBLE_ARRAY: 'the ABI has it so',
      MACRO_ARG_UNUSED: 'classic macros that do nothing on Linux',
      CONST_STRUCT: 'an adapter keeps changed copies of the operations',
      PREFER_DEFINED_ATTRIBUTE_MACRO: 'the macros are the kernel’s, the headers also user space’s',
    },
  },
  {
    title: 'library and applications',
    files: ['libnetmap/*.[ch]', 'apps/**/*.[ch]', 'kernel/include/net/netmap_user.h'],
    without: USER_SPACE,
    lenient: true,
  },
];

for (const { title, files, without, lenient } of groups) {
  test(`kernel style: ${title}`, async (t) => {
    const { sourceDir } = await obtainKernel('6.12', { runner: createRunner(), files: realFiles });
    const listed = spawnSync('git', ['ls-files', '-z', '--', ...files], {
      cwd: packageRoot,
      encoding: 'utf8',
    });
    const names = listed.stdout.split('\0').filter((name) => name !== '');
    assert.ok(names.length > 0, `there are no files ${files.join(' ')}`);
    const ignored = Object.keys(without);
    const folder = makeTree(t, {});
    const args = [
      checkpatch(path.join(sourceDir, 'scripts'), folder),
      ...(lenient ? [] : ['--strict']),
      ...['--no-tree', '--terse', '--show-types', '--no-summary'],
      ...(ignored.length === 0 ? [] : ['--ignore', ignored.join(',')]),
      '-f',
      ...names.map((name) => path.join(packageRoot, name)),
    ];
    // It leaves a cache file in the current directory, so that must not be ours.
    const result = spawnSync('perl', args, { cwd: folder, encoding: 'utf8' });
    assert.ok(result.status === 0 || result.status === 1, result.stderr);
    const findings = result.stdout.split('\n').filter((line) => /(ERROR|WARNING|CHECK):/.test(line));
    assert.deepEqual(findings, [], findings.join('\n').replaceAll(`${packageRoot}/`, ''));
  });
}

/** A copy of the kernel's checkpatch that knows our address space beside those of the kernel, see netmap_shared.h. */
function checkpatch(scripts: string, folder: string): string {
  for (const list of ['spelling.txt', 'const_structs.checkpatch'])
    copyFileSync(path.join(scripts, list), path.join(folder, list));
  const program = path.join(folder, 'checkpatch.pl');
  const text = readFileSync(path.join(scripts, 'checkpatch.pl'), 'utf8');
  assert.match(text, /^\t+__rcu\|$/m, 'the list of address spaces');
  writeFileSync(program, text.replace(/^\t+__rcu\|$/m, '$&__nmshared|'));
  return program;
}
