import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compareVersions,
  headersPattern,
  kernelCompiler,
  kernelParts,
  mendHeadersMakefile,
  mendKernelVariables,
  newestRelease,
  parsePackageRecord,
} from '../../../src/lab/vm/kernel-packages.js';

test('the pattern of a series matches its plain amd64 headers only', () => {
  const cases: [string, string, boolean][] = [
    ['6.12', 'linux-headers-6.12.95+deb12-amd64', true],
    ['6.12', 'linux-headers-6.12.95+deb12-rt-amd64', false],
    ['6.12', 'linux-headers-6.12.95+deb12-cloud-amd64', false],
    ['6.1', 'linux-headers-6.12.95+deb12-amd64', false],
    ['6.1', 'linux-headers-6.1.0-56-amd64', true],
    ['6.1', 'linux-headers-6.1.0-56-common', false],
    ['5.10', 'linux-headers-5.10.0-46-amd64', true],
    ['7.3', 'linux-headers-7.3.4+deb13-amd64', true],
  ];
  for (const [series, name, matches] of cases) {
    assert.equal(new RegExp(headersPattern(series)).test(name), matches, `${series}: ${name}`);
  }
});

test('the newest release is the one with the highest numbers, not the last in the alphabet', () => {
  const output = [
    'linux-headers-6.1.0-9-amd64 - Header files',
    'linux-headers-6.1.0-56-amd64 - Header files',
    'linux-headers-6.1.0-10-amd64 - Header files',
    '',
  ].join('\n');
  assert.equal(newestRelease(output), '6.1.0-56-amd64');
  assert.equal(newestRelease(''), undefined);
  assert.ok(compareVersions('6.12.9+deb12', '6.12.95+deb12') < 0);
  assert.equal(compareVersions('a1', 'a1'), 0);
});

test('the parts of a kernel are followed, other dependencies are not', () => {
  const record = parsePackageRecord(
    [
      'Package: linux-headers-6.12.95+deb12-amd64',
      'Version: 6.12.95-1~bpo12+1',
      'Depends: linux-base (>= 4.12~), linux-headers-6.12.95+deb12-common (= 6.12.95-1~bpo12+1), ' +
        'linux-image-6.12.95+deb12-amd64 (= 1) | linux-image-6.12.95+deb12-amd64-unsigned (= 1), ' +
        'linux-kbuild-6.12.95+deb12, gcc-12',
      '',
      'Package: linux-headers-6.12.95+deb12-amd64',
      'Version: 1',
    ].join('\n'),
  );
  assert.ok(record);
  assert.equal(record.version, '6.12.95-1~bpo12+1');
  assert.deepEqual(kernelParts(record), [
    'linux-headers-6.12.95+deb12-common',
    'linux-image-6.12.95+deb12-amd64',
    'linux-kbuild-6.12.95+deb12',
  ]);
  assert.equal(parsePackageRecord(''), undefined);
});

test('absolute paths in a headers Makefile point into the private root', () => {
  const old = 'include /usr/src/linux-headers-6.1.0-56-common/Makefile\n';
  assert.equal(
    mendHeadersMakefile(old, '/c/root'),
    'include /c/root/usr/src/linux-headers-6.1.0-56-common/Makefile\n',
  );
  const split =
    'KBUILD_OUTPUT=/usr/src/linux-headers-7.3\ninclude /usr/src/linux-headers-7.3-common/Makefile\n';
  const mended = mendHeadersMakefile(split, '/c/root');
  assert.equal(mended.match(/\/c\/root\/usr\/src\//g)?.length, 2);
  assert.equal(mendHeadersMakefile(mended, '/c/root'), mended, 'mending twice changes nothing');
});

test('a compiler that is not installed gives way to the default one', () => {
  const text = 'CC = $(if $(X),$(CCACHE)) $(CROSS_COMPILE)gcc-10\noverride ARCH = x86\n';
  assert.equal(kernelCompiler(text), 'gcc-10');
  assert.equal(mendKernelVariables(text), 'CC = $(if $(X),$(CCACHE)) gcc\noverride ARCH = x86\n');
  assert.equal(kernelCompiler('CC = clang\n'), undefined);
});
