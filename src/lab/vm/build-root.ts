import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import { withLock } from '../../core/lock.js';
import { cacheDirectory, packageRoot } from '../../core/paths.js';
import type { Command, Runner } from '../../core/runner.js';
import type { Tools } from '../../core/tools.js';
import { describeSources } from './apt.js';
import { type DebianKernel, readStamp } from './debian-kernel.js';
import { kernelSeries } from './kernel-packages.js';
import { buildRootPrerequisites, requirePrerequisites } from './prerequisites.js';

/** Where modules of a kernel are built. */
export interface BuildRoot {
  /** Unpacked packages of the kernel's Debian release; undefined when the host itself builds for the kernel. */
  readonly directory?: string;
  /**
   * To add to the environment of every command that calls `make` for the kernel's modules: `make` and the kernel's
   * compiler are then those of the build root, for all its children too.
   */
  readonly env: Readonly<Record<string, string>>;
}

/** What a kernel of Debian's release 13 is built with, and where that comes from. */
export interface BuildRootNeeds {
  /** Suite, e.g. `trixie`. */
  readonly suite: string;
  /** Package of the compiler that built the kernel, e.g. `gcc-14`. */
  readonly compiler: string;
}

/** Suites by the number in a kernel's release (`7.3.4+deb13-amd64`). */
const SUITES: Readonly<Record<string, string>> = { 11: 'bullseye', 12: 'bookworm', 13: 'trixie' };

/** What kbuild calls to build external modules; libraries are those of the programs in linux-kbuild. */
const PACKAGES = [
  'base-files',
  'dash',
  'coreutils',
  'diffutils',
  'findutils',
  'grep',
  'mawk',
  'sed',
  'make',
  'patch',
  'bc',
  'libc6-dev',
  'libelf1t64',
  'libssl3t64',
  'zlib1g',
  // scripts/gen-btf.sh fails without it: the headers of 7.x carry a vmlinux to take types from.
  'pahole',
];

const UNUSED = ['usr/share/locale', 'usr/share/doc', 'usr/share/man', 'usr/share/info'];

/** Mount points for the parts of the host's /usr that stay visible, see lab/guest/build-root.sh. */
const KEPT = ['usr/local', 'usr/src', 'usr/lib/node_modules'];

/** Reads the needs off a kernel's release and its CONFIG_CC_VERSION_TEXT; the newest release is not out yet: sid. */
export function buildRootNeeds(release: string, config: string): BuildRootNeeds | undefined {
  const compiler = /^CONFIG_CC_VERSION_TEXT=".*?\b(gcc-\d+)\b/m.exec(config)?.[1];
  if (compiler === undefined) return undefined;
  const debian = /\+deb(\d+)/.exec(release)?.[1] ?? '';
  return { suite: SUITES[debian] ?? 'sid', compiler };
}

/**
 * The place to build modules of a kernel in: the host where it can, else the compiler and libraries of the kernel's
 * Debian release, unpacked into the cache. The first call fetches about 90 MB and takes 15 s; the next ones look for
 * a directory and need no network.
 *
 * @throws NetmapError `vm-prerequisites` without mmdebstrap; `no-debian-mirror`, `keyring-missing`, `fetch-failed`;
 *   `build-root-unusable` when this machine does not let it be used, or the kernel names no compiler
 */
export async function obtainBuildRoot(
  kernel: Pick<DebianKernel, 'release' | 'buildDir' | 'hostBuild'>,
  deps: Tools,
): Promise<BuildRoot> {
  if (kernel.hostBuild) return { env: {} };
  const config = (await deps.files.read(path.join(kernel.buildDir, '.config'))) ?? '';
  const needs = buildRootNeeds(kernel.release, config);
  if (needs === undefined) {
    throw new NetmapError({
      code: 'build-root-unusable',
      what: `cannot tell which compiler built Linux ${kernel.release}`,
      why: `CONFIG_CC_VERSION_TEXT in ${kernel.buildDir}/.config names no gcc`,
      mend: 'choose another kernel',
    });
  }
  const directory = path.join(cacheDirectory(), 'chroots', `${needs.suite}-${needs.compiler}`);
  const make = path.join(directory, 'bin', 'make');
  if (!(await deps.files.exists(make))) {
    await requirePrerequisites(deps, buildRootPrerequisites);
    await withLock(
      `${directory}.lock`,
      async () => {
        if (!(await deps.files.exists(make))) await unpack(needs, directory, deps);
      },
      deps.signal,
    );
  }
  return {
    directory: path.join(directory, 'root'),
    env: { PATH: `${path.dirname(make)}:${process.env.PATH ?? '/usr/bin:/bin'}` },
  };
}

/**
 * A runner for commands that build for the kernel in `kernelDir`: `runner` itself, unless that is a kernel of the
 * cache that this host cannot build for.
 *
 * @throws NetmapError as `obtainBuildRoot`
 */
export async function runnerForKernel(kernelDir: string, deps: Tools): Promise<Runner> {
  const root = cacheDirectory();
  if (!path.resolve(kernelDir).startsWith(`${root}${path.sep}`)) return deps.runner;
  for (const series of Object.keys(kernelSeries)) {
    const kernel = await readStamp(path.join(root, 'kernels', series), deps);
    if (kernel?.buildDir !== path.resolve(kernelDir)) continue;
    return runnerIn(await obtainBuildRoot(kernel, deps), deps.runner);
  }
  return deps.runner;
}

/** Adds the build root's environment to every command; what a command sets itself comes first. */
export function runnerIn(root: BuildRoot, runner: Runner): Runner {
  return {
    run: (command: Command) => runner.run({ ...command, env: { ...root.env, ...command.env } }),
  };
}

async function unpack(needs: BuildRootNeeds, directory: string, deps: Tools): Promise<void> {
  const temporary = `${directory}.${process.pid}.tmp`;
  const root = path.join(temporary, 'root');
  try {
    await deps.files.remove(temporary);
    const { sources, settings } = await describeSources([needs.suite], deps);
    await deps.files.write(path.join(temporary, 'debian.sources'), sources);
    await deps.files.write(path.join(temporary, 'apt.conf'), settings);
    deps.progress?.(`fetching ${needs.compiler} and its libraries from Debian ${needs.suite}`);
    await mmdebstrap(needs, temporary, `${directory}.log`, deps);
    await finish(needs, root, deps.files);
    const script = (await deps.files.read(path.join(packageRoot, 'lab/guest/build-root.sh'))) ?? '';
    await deps.files.write(path.join(temporary, 'bin', 'make'), script, 0o755);
    // The cache of probes finds the compiler by name and looks at this file's time: a new build root asks anew.
    await deps.files.link('make', path.join(temporary, 'bin', 'gcc'));
    await tryOut(temporary, deps);
    await deps.files.remove(directory);
    await deps.files.rename(temporary, directory);
  } finally {
    await deps.files.remove(temporary);
  }
}

/** Packages are unpacked, not installed: no maintainer script runs, and no rights are needed. */
async function mmdebstrap(
  needs: BuildRootNeeds,
  temporary: string,
  logFile: string,
  deps: Tools,
): Promise<void> {
  await deps.files.remove(logFile);
  await deps.runner.run({
    file: 'mmdebstrap',
    args: [
      '--variant=extract',
      '--mode=chrootless',
      '--architectures=amd64',
      `--aptopt=${path.join(temporary, 'apt.conf')}`,
      `--include=${[...PACKAGES, needs.compiler].join(',')}`,
      needs.suite,
      path.join(temporary, 'root'),
      path.join(temporary, 'debian.sources'),
    ],
    env: { LC_ALL: 'C', APT_CONFIG: undefined },
    logFile,
    failure: {
      code: 'fetch-failed',
      what: `cannot fetch ${needs.compiler} from Debian ${needs.suite}`,
      mend: 'check the network and the package sources (apt-get update), then run again',
      exitCode: exitCodes.fetchFailed,
    },
  });
}

/** Does what the packages' scripts would have done, as far as building needs it. */
async function finish(needs: BuildRootNeeds, root: string, files: Files): Promise<void> {
  const bin = path.join(root, 'usr', 'bin');
  const target = await files.readlink(path.join(bin, needs.compiler));
  const links = { gcc: needs.compiler, cc: needs.compiler, 'x86_64-linux-gnu-gcc': target, awk: 'mawk' };
  for (const [name, to] of Object.entries(links)) {
    await files.remove(path.join(bin, name));
    await files.link(to, path.join(bin, name));
  }
  for (const part of KEPT) await files.makeDirectory(path.join(root, part));
  for (const part of UNUSED) await files.remove(path.join(root, part));
}

async function tryOut(temporary: string, deps: Tools): Promise<void> {
  await deps.runner.run({
    file: path.join(temporary, 'bin', 'gcc'),
    args: ['--version'],
    failure: {
      code: 'build-root-unusable',
      what: 'the compiler of a newer Debian release cannot be run on this machine',
      mend: 'run as root, or allow user namespaces: sysctl kernel.unprivileged_userns_clone=1',
      exitCode: exitCodes.buildFailed,
    },
  });
}
