import {
  buildPrerequisites,
  buildRootPrerequisites,
  installed,
  kernelPrerequisites,
  type Prerequisite,
  program,
  vmPrerequisites,
} from '../src/lab/vm/prerequisites.js';

/**
 * What each phase calls, beyond what every Debian has (packages that are essential, and apt) and Node.js with npm. No
 * phase relies on what another one installed: each runs by itself on a bare machine. `test/fresh` shows that.
 */
export const needs = {
  unit: [
    ...buildPrerequisites,
    program('git', 'git', 'lists the files of the project'),
    program('g++', 'g++', 'programs in C++ use the library'),
    program('clang', 'clang', 'the other compiler for library and applications'),
    installed('libclang-rt-14-dev', 'libFuzzer, which tries the parsers'),
    program('pkg-config', 'pkg-config', 'finds the installed library'),
    program('xz', 'xz-utils', 'packs sources for tests'),
    program('bzip2', 'bzip2', 'packs sources for tests'),
    installed('busybox-static', 'reads archives that were written for guests'),
    program('zsh', 'zsh', 'reads its completion script'),
    program('fish', 'fish', 'reads its completion script'),
    program('ip', 'iproute2', 'interfaces for tests, in network namespaces of their own'),
    program('ethtool', 'ethtool', 'offloads of such interfaces'),
    program('openssl', 'openssl', 'keys to sign modules with'),
    program('softhsm2-util', 'softhsm2', 'a token to sign modules with'),
    installed('libengine-pkcs11-openssl', 'signing with a token'),
  ],
  style: [
    ...kernelPrerequisites,
    program('git', 'git', 'lists the files of the project'),
    // perl-base is in every Debian and lacks modules that the kernel's checkpatch.pl uses.
    installed('perl', "runs the kernel's checkpatch.pl"),
    program('clang-format', 'clang-format', 'checks the layout of C files'),
    program('sparse', 'sparse', 'checks which pointers lead to shared memory'),
  ],
  // netmap-port-driver --run boots what it made.
  kbuild: [
    ...vmPrerequisites,
    ...buildRootPrerequisites,
    program('git', 'git', 'a repository to install from'),
    program('sparse', 'sparse', 'checks annotations of kernel code'),
    program('openssl', 'openssl', 'keys to sign modules with'),
  ],
  vm: [...vmPrerequisites, ...buildRootPrerequisites],
  fresh: [...buildRootPrerequisites, program('git', 'git', 'a repository of this tree')],
} as const satisfies Readonly<Record<string, readonly Prerequisite[]>>;
