import path from 'node:path';
import { NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import { type KernelConfig, parseConfig } from './config.js';
import { type Distribution, headersCommand, parseDistribution, sourcesCommand } from './distribution.js';
import { checkSources, type KernelSources, searchSources, usualPlaces } from './sources.js';
import { type KernelVersion, parseVersionHeader } from './version.js';

/** What a kernel is to this tool: a configured build directory and, where there are any, its full sources. */
export interface KernelTree {
  /** Absolute, symbolic links kept: `/lib/modules/6.12.95+deb12-amd64/build`. */
  readonly buildDir: string;
  readonly sources: KernelSources;
  /** Directory of the full sources when they are there and of the same version. */
  readonly sourceDir?: string;
  readonly version: KernelVersion;
  /** `uname -r` of this kernel; the name of its directory below /lib/modules. */
  readonly release: string;
  readonly config: KernelConfig;
  /** Module.symvers of the kernel; without it modules cannot be checked against its exported symbols. */
  readonly symversPath?: string;
  readonly distribution: Distribution;
  /** CONFIG_CC_VERSION_TEXT: the compiler that built the kernel. */
  readonly compiler?: string;
}

export interface KernelRequest {
  readonly kernelDir?: string;
  readonly kernelSources?: string;
  readonly kernelVersion?: string;
  /** `uname -r` of the machine; `$kernelver` in `env` replaces it, as DKMS expects. */
  readonly runningRelease: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Directory that relative paths refer to; default: the current one. */
  readonly cwd?: string;
  /** Text of /etc/os-release, for commands that fit this distribution; default: this machine's. */
  readonly osRelease?: string;
  /** Where distributions put sources; default /usr/src. */
  readonly sourceRoot?: string;
}

/**
 * Finds the kernel build directory, checks that external modules can be built in it, and describes it.
 *
 * @throws NetmapError `kernel-dir-missing`, `kernel-not-prepared`, `sources-missing`, `sources-unreadable`.
 *   Sources of another version are reported in `sources`, because only native drivers need them.
 */
export async function describeKernel(request: KernelRequest, files: Files): Promise<KernelTree> {
  const env = request.env ?? {};
  const cwd = request.cwd ?? process.cwd();
  const distribution = parseDistribution(request.osRelease ?? (await files.read('/etc/os-release')) ?? '');
  const guessed = env.kernelver || request.runningRelease;
  const wantedRelease = request.kernelVersion ?? guessed;
  const buildDir = path.resolve(cwd, request.kernelDir ?? `/lib/modules/${wantedRelease}/build`);

  if (!(await files.isDirectory(buildDir))) {
    throw missingDirectory(buildDir, request, headersCommand(distribution, wantedRelease), wantedRelease);
  }
  const problems = await whatIsMissing(buildDir, files);
  if (problems.length > 0) throw notPrepared(buildDir, problems);

  const version = await readVersion(buildDir, files);
  const config = parseConfig((await files.read(path.join(buildDir, '.config'))) ?? '', env);
  const release = (await readRelease(buildDir, files)) ?? wantedRelease;
  const objtool = path.join(buildDir, 'tools/objtool/objtool');
  if (config.get('CONFIG_OBJTOOL') === 'y' && !(await files.exists(objtool))) {
    throw notPrepared(buildDir, ['tools/objtool/objtool']);
  }
  const sources =
    request.kernelSources === undefined
      ? await searchSources(placesToLook(buildDir, release, version), version, files, {
          ...(request.sourceRoot === undefined ? {} : { root: request.sourceRoot }),
          install: sourcesCommand(distribution, version, release),
        })
      : await checkSources(path.resolve(cwd, request.kernelSources), version, files);
  const symvers = path.join(buildDir, 'Module.symvers');
  const compiler = config.get('CONFIG_CC_VERSION_TEXT');
  return {
    buildDir,
    sources,
    ...(sources.state === 'found' ? { sourceDir: sources.dir } : {}),
    version,
    release,
    config,
    distribution,
    ...((await files.exists(symvers)) ? { symversPath: symvers } : {}),
    ...(compiler === undefined ? {} : { compiler }),
  };
}

function placesToLook(buildDir: string, release: string, version: KernelVersion): string[] {
  return [
    `/lib/modules/${release}/source`,
    path.join(buildDir, 'source'),
    buildDir,
    ...usualPlaces(version, release),
  ];
}

const VERSION_HEADERS = ['include/generated/uapi/linux/version.h', 'include/linux/version.h'];

/** Files that `make modules_prepare` (or a header package) leaves and without which no module can be built. */
const PREPARED = [
  'Makefile',
  '.config',
  'include/generated/autoconf.h',
  'include/config/auto.conf',
  'scripts/basic/fixdep',
  'scripts/mod/modpost',
];

async function whatIsMissing(buildDir: string, files: Files): Promise<string[]> {
  const missing: string[] = [];
  for (const file of PREPARED) if (!(await files.exists(path.join(buildDir, file)))) missing.push(file);
  const headers = await Promise.all(VERSION_HEADERS.map((file) => files.exists(path.join(buildDir, file))));
  if (!headers.includes(true)) missing.push(...VERSION_HEADERS.slice(0, 1));
  if (missing.includes('Makefile')) return missing;
  return [...missing, ...(await missingCommonTree(buildDir, files))];
}

/** Debian's build directory is a thin layer: its Makefile includes the one of linux-headers-*-common. */
async function missingCommonTree(buildDir: string, files: Files): Promise<string[]> {
  const makefile = (await files.read(path.join(buildDir, 'Makefile'))) ?? '';
  const included = /^include\s+(\/\S+\/Makefile)\s*$/m.exec(makefile)?.[1];
  return included === undefined || (await files.exists(included)) ? [] : [included];
}

async function readVersion(buildDir: string, files: Files): Promise<KernelVersion> {
  for (const header of VERSION_HEADERS) {
    const text = await files.read(path.join(buildDir, header));
    const version = text === undefined ? undefined : parseVersionHeader(text);
    if (version !== undefined) return version;
  }
  throw notPrepared(buildDir, ['LINUX_VERSION_CODE in include/generated/uapi/linux/version.h']);
}

/**
 * What `uname -r` says of this kernel. utsrelease.h is compiled into the kernel. `include/config/kernel.release` is not: in
 * Debian's headers of 5.10 and 6.1 it lacks the ABI (`6.1.192`, where the modules lie in `6.1.0-57-amd64`).
 */
async function readRelease(buildDir: string, files: Files): Promise<string | undefined> {
  const header = await files.read(path.join(buildDir, 'include/generated/utsrelease.h'));
  const compiled = /UTS_RELEASE\s+"([^"]+)"/.exec(header ?? '')?.[1];
  if (compiled !== undefined) return compiled;
  const plain = await files.read(path.join(buildDir, 'include/config/kernel.release'));
  return plain?.trim() || undefined;
}

function missingDirectory(
  buildDir: string,
  request: KernelRequest,
  install: string | undefined,
  release: string,
): NetmapError {
  const named = request.kernelDir !== undefined;
  return new NetmapError({
    code: 'kernel-dir-missing',
    what: `${buildDir} does not exist or is not a directory`,
    why: named
      ? '--kernel-dir must name a configured kernel build directory or the headers of a kernel'
      : `the headers of kernel ${release} are not installed (the build link below /lib/modules leads nowhere)`,
    mend: named
      ? 'name the right directory: --kernel-dir=/lib/modules/VERSION/build'
      : `${install ?? `install the headers of ${release}`}, or give --kernel-dir=DIR`,
  });
}

function notPrepared(buildDir: string, missing: readonly string[]): NetmapError {
  return new NetmapError({
    code: 'kernel-not-prepared',
    what: `the kernel in ${buildDir} is not prepared for building modules`,
    why: `missing: ${missing.join(', ')}`,
    mend: missing.some((file) => path.isAbsolute(file))
      ? 'install the complete linux-headers packages of this kernel (the -common package too)'
      : missing.includes('.config')
        ? `make -C ${buildDir} oldconfig && make -C ${buildDir} modules_prepare`
        : `make -C ${buildDir} modules_prepare`,
  });
}
