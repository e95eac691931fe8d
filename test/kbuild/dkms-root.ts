import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { realFiles } from '../../src/core/files.js';
import { withLock } from '../../src/core/lock.js';
import { cacheDirectory, packageRoot } from '../../src/core/paths.js';
import { createRunner } from '../../src/core/runner.js';
import { describeSources } from '../../src/lab/vm/apt.js';
import { buildRootPrerequisites, requirePrerequisites } from '../../src/lab/vm/prerequisites.js';
import type { Outcome } from './fixture.js';

const SUITE = 'bookworm';
/** dkms with all that it depends on, and what kernel headers of this release need. */
const PACKAGES = ['dkms', 'gcc-12', 'kmod', 'xz-utils', 'openssl', 'libelf1', 'pahole'];

/**
 * A Debian with dkms, really installed, in the cache. The first call takes about a minute and the network.
 */
async function obtainDkmsRoot(): Promise<string> {
  const directory = path.join(cacheDirectory(), 'chroots', `${SUITE}-dkms`);
  const stamp = path.join(directory, 'usr/sbin/dkms');
  if (existsSync(stamp)) return directory;
  const deps = { runner: createRunner(), files: realFiles };
  await requirePrerequisites(deps, buildRootPrerequisites);
  return withLock(`${directory}.lock`, async () => {
    if (existsSync(stamp)) return directory;
    const temporary = `${directory}.${process.pid}.tmp`;
    const aside = mkdtempSync(path.join(os.tmpdir(), 'netmap-dkms-'));
    try {
      const { sources, settings } = await describeSources([SUITE], deps);
      await realFiles.write(path.join(aside, 'debian.sources'), sources);
      await realFiles.write(path.join(aside, 'apt.conf'), settings);
      await deps.runner.run({
        file: 'mmdebstrap',
        args: [
          '--variant=essential',
          '--architectures=amd64',
          `--aptopt=${path.join(aside, 'apt.conf')}`,
          '--dpkgopt=path-exclude=/usr/share/doc/*',
          '--dpkgopt=path-exclude=/usr/share/locale/*',
          `--include=${PACKAGES.join(',')}`,
          SUITE,
          temporary,
          path.join(aside, 'debian.sources'),
        ],
        env: { LC_ALL: 'C', APT_CONFIG: undefined },
        logFile: `${directory}.log`,
      });
      await rename(temporary, directory);
    } finally {
      await rm(temporary, { recursive: true, force: true });
      rmSync(aside, { recursive: true, force: true });
    }
    return directory;
  });
}

/** A Debian of its own for one test. */
export interface DkmsRoot {
  /** Its root as seen from outside. */
  readonly root: string;
  /** Runs a shell command in it. This package and the kernels of the cache are where they are outside. */
  run(command: string, env?: Record<string, string>): Outcome;
  /** Words that run a shell command in it, for a process that is going to be killed. */
  words(command: string): [string, ...string[]];
}

/** Node.js in there, where no PATH leads. */
export const NODE = '/opt/netmap-node';

const SCRIPT = `set -e
root=$1 lower=$2 upper=$3 work=$4 command=$5 host_node=$6 node=$7
mount -t overlay overlay -o lowerdir=$lower,upperdir=$upper,workdir=$work $root
shift 7
mount --rbind /proc $root/proc
mount --rbind /dev $root/dev
for place; do mkdir -p $root$place; mount --rbind $place $root$place; done
touch $root$node; mount --bind $host_node $root$node
exec chroot $root /bin/sh -c "$command"`;

/** The Debian of the cache below a layer of this test's own: what it changes goes with the test. */
export async function dkmsRoot(t: TestContext): Promise<DkmsRoot> {
  const lower = await obtainDkmsRoot();
  const own = mkdtempSync(path.join(os.tmpdir(), 'netmap-dkms-'));
  t.after(() => rmSync(own, { recursive: true, force: true }));
  for (const name of ['root', 'upper', 'work']) mkdirSync(path.join(own, name));
  const places = [packageRoot, path.join(cacheDirectory(), 'kernels')];
  const words = (command: string): [string, ...string[]] => [
    'unshare',
    '--mount',
    'sh',
    '-c',
    SCRIPT,
    'sh',
    path.join(own, 'root'),
    lower,
    path.join(own, 'upper'),
    path.join(own, 'work'),
    `export PATH=/usr/sbin:/usr/bin:/sbin:/bin; ${command}`,
    process.execPath,
    NODE,
    ...places,
  ];
  return {
    root: path.join(own, 'upper'),
    words,
    run(command, env = {}) {
      const [file, ...args] = words(command);
      const result = spawnSync(file, args, {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { LC_ALL: 'C', HOME: '/root', ...env },
        maxBuffer: 64 * 1024 * 1024,
      });
      return { status: result.status ?? -1, output: `${result.stdout}${result.stderr}` };
    },
  };
}
