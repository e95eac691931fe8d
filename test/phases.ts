import { readdirSync } from 'node:fs';
import path from 'node:path';

/** One step of `npm test`. Phases run in this order; `npm test -- unit vm` runs only those named. */
export interface Phase {
  readonly name: string;
  readonly what: string;
  /** Commands, each counted as one test by its exit status. */
  readonly commands?: readonly (readonly string[])[];
  /** Folders below dist/test whose *.test.js files run. */
  readonly folders?: readonly string[];
  /** Test files side by side; 1 for what boots machines. */
  readonly concurrency?: number;
  /** Programs and headers that it needs: what to look for, and the Debian package that brings it. */
  readonly needs: readonly Need[];
  /** Not worth its time when an earlier phase failed. */
  readonly slow?: true;
}

export interface Need {
  /** A program in PATH, or a file when it begins with a slash. */
  readonly probe: string;
  readonly package: string;
}

const COMPILER: readonly Need[] = [
  { probe: 'gcc', package: 'gcc' },
  { probe: '/usr/include/stdio.h', package: 'libc6-dev' },
  { probe: 'make', package: 'make' },
  { probe: 'patch', package: 'patch' },
  { probe: 'git', package: 'git' },
];

/** What Debian's kernel headers call while they build modules. */
const KERNEL_BUILD: readonly Need[] = [
  ...COMPILER,
  { probe: 'bc', package: 'bc' },
  { probe: 'flex', package: 'flex' },
  { probe: 'bison', package: 'bison' },
  { probe: '/usr/include/libelf.h', package: 'libelf-dev' },
  { probe: 'pahole', package: 'pahole' },
  { probe: 'xz', package: 'xz-utils' },
  { probe: 'perl', package: 'perl' },
  { probe: '/usr/sbin/depmod', package: 'kmod' },
  { probe: 'sparse', package: 'sparse' },
  { probe: 'gcc-12', package: 'gcc-12' },
  { probe: 'x86_64-linux-gnu-gcc-12', package: 'gcc-12' },
];

const MACHINES: readonly Need[] = [
  ...KERNEL_BUILD,
  { probe: 'qemu-system-x86_64', package: 'qemu-system-x86' },
  { probe: '/bin/busybox', package: 'busybox-static' },
  { probe: '/usr/include/glib-2.0/glib.h', package: 'libglib2.0-dev' },
  { probe: '/usr/sbin/ethtool', package: 'ethtool' },
  { probe: '/usr/sbin/ip', package: 'iproute2' },
];

/** Folders with phases of their own; every other folder of test/ holds fast unit tests. */
const SPECIAL = ['style', 'kbuild', 'vm'];

export function phases(root: string): Phase[] {
  const bin = path.join(root, 'node_modules', '.bin');
  return [
    {
      name: 'lint',
      what: 'TypeScript: biome and the compiler',
      commands: [
        [path.join(bin, 'biome'), 'check', '.'],
        [path.join(bin, 'tsc'), '--noEmit'],
      ],
      needs: [],
    },
    { name: 'unit', what: 'unit tests', folders: unitFolders(root), concurrency: 2, needs: COMPILER },
    {
      name: 'style',
      what: 'C: checkpatch and clang-format',
      folders: ['style'],
      concurrency: 1,
      needs: [
        { probe: 'perl', package: 'perl' },
        { probe: 'xz', package: 'xz-utils' },
        { probe: 'clang-format', package: 'clang-format' },
        { probe: 'sparse', package: 'sparse' },
      ],
    },
    {
      name: 'kbuild',
      what: 'configure and build for real kernels',
      folders: ['kbuild'],
      concurrency: 1,
      needs: KERNEL_BUILD,
    },
    { name: 'vm', what: 'virtual machines', folders: ['vm'], concurrency: 1, needs: MACHINES, slow: true },
  ];
}

function unitFolders(root: string): string[] {
  return readdirSync(path.join(root, 'dist', 'test'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !SPECIAL.includes(entry.name))
    .map((entry) => entry.name)
    .sort();
}
