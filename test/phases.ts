import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Prerequisite } from '../src/lab/vm/prerequisites.js';
import { needs } from './needs.js';

/** One step of `npm test`. Phases run in this order; `npm test -- unit vm` runs only those named. */
export interface Phase {
  readonly name: string;
  readonly what: string;
  /** Commands, each counted as one test by its exit status. */
  readonly commands?: readonly (readonly string[])[];
  /** Folders below dist/test whose *.test.js files run. */
  readonly folders?: readonly string[];
  /** Test files side by side. */
  readonly concurrency?: number;
  /** Test files that begin, because they take longest: then all lanes end at about the same time. */
  readonly first?: readonly string[];
  /** Programs and headers that it needs; installed when they are missing. */
  readonly needs: readonly Prerequisite[];
  /**
   * Up to this many files that fail run once more, by themselves, and count as that says: for what depends on the time
   * that busy machines leave each other, and on archives that can be reached. The list of second chances keeps them.
   */
  readonly secondChances?: number;
  /** A file that took a second chance counts as failed all the same. */
  readonly strict?: boolean;
  /** Not worth its time when an earlier phase failed. */
  readonly slow?: true;
  /** Runs with NETMAP_NIGHTLY=1, or when it is named. */
  readonly nightly?: true;
}

/** Folders with phases of their own; every other folder of test/ holds fast unit tests. */
const SPECIAL = ['style', 'kbuild', 'vm', 'fresh'];

export function phases(root: string): Phase[] {
  const bin = path.join(root, 'node_modules', '.bin');
  const nightly = process.env.NETMAP_NIGHTLY === '1';
  return [
    {
      name: 'lint',
      what: 'TypeScript: biome, the compiler, and which room imports which',
      commands: [
        [path.join(bin, 'biome'), 'check', '.'],
        [path.join(bin, 'tsc'), '--noEmit'],
        [path.join(bin, 'depcruise'), 'src', '--output-type', 'err-long'],
      ],
      needs: [],
    },
    {
      name: 'unit',
      what: 'unit tests',
      folders: unitFolders(root),
      concurrency: 2,
      needs: needs.unit,
    },
    {
      name: 'style',
      what: 'C: checkpatch and clang-format',
      folders: ['style'],
      concurrency: 1,
      needs: needs.style,
    },
    {
      name: 'kbuild',
      what: 'configure and build for real kernels',
      folders: ['kbuild'],
      concurrency: 1,
      secondChances: 1,
      strict: nightly,
      needs: needs.kbuild,
    },
    {
      name: 'vm',
      what: 'virtual machines',
      folders: ['vm'],
      // A machine waits as much as it computes.
      concurrency: 2,
      secondChances: 2,
      strict: nightly,
      first: ['r8169', 'apps', 'load', 'r8169-reset'],
      needs: needs.vm,
      slow: true,
    },
    {
      name: 'fresh',
      what: 'the phases before, on a bare Debian 12',
      folders: ['fresh'],
      concurrency: 1,
      needs: needs.fresh,
      slow: true,
      nightly: true,
    },
  ];
}

function unitFolders(root: string): string[] {
  return readdirSync(path.join(root, 'dist', 'test'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !SPECIAL.includes(entry.name))
    .map((entry) => entry.name)
    .sort();
}
