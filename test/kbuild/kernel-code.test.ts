import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { obtainBuildRoot } from '../../src/lab/vm/build-root.js';
import type { KernelSeries } from '../../src/lab/vm/kernel-packages.js';
import { makeTree } from '../support/tree.js';
import { deps, kernel, run } from './fixture.js';

const program = path.join(packageRoot, 'bin/netmap-configure.js');

/** Everything that can be switched on, and the least there is. */
const variants = {
  'every subsystem': ['--enable-sink', '--enable-extmem', '--drivers=realtek'],
  'no subsystem': [
    '--no-drivers',
    ...['vale', 'pipe', 'monitor', 'generic', 'ptnetmap', 'null'].map((name) => `--disable-${name}`),
  ],
} as const;

/** 7.2 and 7.3 differ in their compilers; all of it is built for 7.2 too with NETMAP_NIGHTLY=1. */
const builds: readonly (readonly [KernelSeries, keyof typeof variants])[] = [
  ['5.10', 'every subsystem'],
  ['6.1', 'every subsystem'],
  ['6.12', 'every subsystem'],
  ['7.2', 'no subsystem'],
  ...(process.env.NETMAP_NIGHTLY === '1' ? [['7.2', 'every subsystem'] as const] : []),
  ['7.3', 'every subsystem'],
];

for (const [series, title] of builds) {
  test(`netmap.ko for ${series} with ${title}: no word from the compiler at W=1, none from sparse`, async (t) => {
    const debian = await kernel(series);
    const { env } = await obtainBuildRoot(debian, deps());
    const build = makeTree(t, { 'sparse.h': UNKNOWN_TO_SPARSE });
    const where = [
      `--kernel-dir=${debian.buildDir}`,
      `--kernel-sources=${debian.sourceDir}`,
      '--no-ext-drivers',
      '--no-apps',
    ];
    const configure = run(build, program, [...where, ...variants[title]], env);
    assert.equal(configure.status, 0, configure.output);
    const make = run(build, 'make', ['netmap.ko', `KOPTS=W=1 ${checker(build, debian.hostBuild)}`], env);
    assert.equal(make.status, 0, make.output);
    assert.ok(existsSync(path.join(build, 'netmap.ko')));
    assert.match(make.output, / CHECK .*\/kernel\/core\/main\.c/, 'sparse reads each file by itself');
    const ours = make.output.split('\n').filter((line) => /: (warning|error):/.test(line) && isOurs(line));
    assert.deepEqual(ours, [], ours.join('\n'));
    if (title === 'every subsystem')
      await t.test('a driver that uses every name of the driver API is compiled and linked', () =>
        buildDriver(build, debian.buildDir, env),
      );
  });
}

/** Builds driver-api.c with the flags that drivers get; modpost fails for symbols that netmap.ko does not export. */
function buildDriver(build: string, buildDir: string, env: Parameters<typeof run>[3]): void {
  const flags = /^NETMAP_CFLAGS = (.*)$/m.exec(readFileSync(path.join(build, 'netmap.mak'), 'utf8'))?.[1];
  const driver = path.join(build, 'driver');
  mkdirSync(driver);
  copyFileSync(path.join(packageRoot, 'test/kbuild/driver-api.c'), path.join(driver, 'driver-api.c'));
  writeFileSync(path.join(driver, 'Kbuild'), `obj-m := driver-api.o\nccflags-y := ${flags} -Werror\n`);
  const args = ['-C', buildDir, `M=${driver}`, `KBUILD_EXTRA_SYMBOLS=${build}/Module.symvers`, 'modules'];
  const make = run(driver, 'make', args, env);
  assert.equal(make.status, 0, make.output);
  assert.doesNotMatch(make.output, /undefined!/);
  assert.ok(existsSync(path.join(driver, 'driver-api.ko')), make.output);
}

/** What headers of Linux 7 use and sparse 0.6.4 cannot parse: the rest is the same C. */
const UNKNOWN_TO_SPARSE = `#define __typeof_unqual__ __typeof__
#define __builtin_strlen(s) (sizeof(s) - 1)
`;

/**
 * The host's sparse. In a build root it lies outside /usr, which is another one there, and is not asked whether it is
 * new enough: Makefile of Linux 7 switches it off then.
 */
function checker(build: string, hostBuild: boolean): string {
  if (hostBuild) return 'C=1';
  copyFileSync('/usr/bin/sparse', path.join(build, 'sparse'));
  return `C=1 KBUILD_CHECKSRC=1 CHECK=${build}/sparse CF="-include ${build}/sparse.h"`;
}

/** Of the driver only the bridge header is ours; what the kernel's own lines raise is not. */
function isOurs(line: string): boolean {
  return line.includes(`${packageRoot}/kernel/`) || line.includes(`${packageRoot}/drivers/`);
}
