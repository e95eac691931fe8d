import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import { withLock } from '../../core/lock.js';
import { cacheDirectory } from '../../core/paths.js';
import type { Runner } from '../../core/runner.js';
import type { Distribution } from './distribution.js';
import { isArchive } from './packed.js';
import type { KernelTree } from './tree.js';

/** A source package at exactly the version that the headers were built from. */
export interface SourcePackage {
  readonly name: string;
  readonly version: string;
}

/**
 * Debian and Ubuntu write the version of the package into the kernel's own banner (UTS_VERSION,
 * `#1 SMP PREEMPT_DYNAMIC Debian 6.12.95-1 (2026-07-05)`), so nothing has to be installed to know it.
 * Ubuntu's banner has only the upload number: `#42~22.04.1-Ubuntu SMP ...`; its version is release + number.
 */
export function sourcePackage(
  distribution: Distribution,
  kernel: Pick<KernelTree, 'version' | 'release'>,
  banner: string,
): SourcePackage | undefined {
  const short = `${kernel.version.major}.${kernel.version.minor}`;
  const debian = /Debian (\S+)/.exec(banner)?.[1];
  if (distribution === 'debian' && debian) return { name: `linux-source-${short}`, version: debian };
  const upload = /#(\S+)-Ubuntu/.exec(banner)?.[1];
  const abi = /^(\d+\.\d+\.\d+-\d+)/.exec(kernel.release)?.[1];
  if (distribution === 'ubuntu' && upload && abi) {
    return { name: `linux-source-${short}.0`, version: `${abi}.${upload}` };
  }
  return undefined;
}

async function bannerOf(buildDir: string, files: Files): Promise<string> {
  for (const name of ['utsversion.h', 'compile.h']) {
    const text = await files.read(path.join(buildDir, 'include/generated', name));
    const banner = /UTS_VERSION\s+"([^"]*)"/.exec(text ?? '')?.[1];
    if (banner !== undefined) return banner;
  }
  return '';
}

/**
 * Obtains the packed sources of exactly this kernel through apt, without root, into the cache.
 *
 * @returns the archive, `linux-source-6.12.tar.xz`
 * @throws NetmapError `fetch-impossible` on other distributions and for kernels that no package belongs to,
 *   `fetch-failed` (exit 4)
 */
export async function fetchSources(
  kernel: Pick<KernelTree, 'version' | 'release' | 'buildDir'>,
  distribution: Distribution,
  tools: {
    readonly runner: Runner;
    readonly files: Files;
    readonly signal?: AbortSignal;
    readonly cache?: string;
  },
): Promise<string> {
  const wanted = sourcePackage(distribution, kernel, await bannerOf(kernel.buildDir, tools.files));
  if (wanted === undefined) throw impossible(kernel, distribution);
  const directory = path.join(
    tools.cache ?? cacheDirectory(),
    'source-packages',
    `${wanted.name}_${wanted.version}`,
  );
  return withLock(
    `${directory}.lock`,
    async () => (await archiveIn(directory, tools.files)) ?? (await download(wanted, directory, tools)),
    tools.signal,
  );
}

async function archiveIn(directory: string, files: Files): Promise<string | undefined> {
  const entries = await files.entries(directory, { recursive: true }).catch(() => []);
  const found = entries.find((entry) => entry.isFile() && isArchive(entry.name));
  return found === undefined ? undefined : path.join(found.parentPath ?? found.path, found.name);
}

async function download(
  wanted: SourcePackage,
  directory: string,
  { runner, files }: { readonly runner: Runner; readonly files: Files },
): Promise<string> {
  const temporary = `${directory}.${process.pid}.tmp`;
  const what = `${wanted.name} ${wanted.version}`;
  const failure = {
    code: 'fetch-failed',
    what: `cannot fetch the kernel sources ${what}`,
    mend: `apt-get update (the mirror may have only a newer version by now), then run again; or fetch the package elsewhere, unpack it, and give --kernel-sources=DIR`,
    exitCode: exitCodes.fetchFailed,
  };
  await files.makeDirectory(temporary);
  try {
    // Signatures and checksums are apt's business; it downloads into the current directory, as any user.
    await runner.run({
      file: 'apt-get',
      args: ['-q', 'download', `${wanted.name}=${wanted.version}`],
      cwd: temporary,
      env: { LC_ALL: 'C' },
      failure,
    });
    const deb = (await files.list(temporary)).find((name) => name.endsWith('.deb')) ?? 'nothing.deb';
    await runner.run({ file: 'dpkg-deb', args: ['-x', deb, '.'], cwd: temporary, failure });
    await files.remove(path.join(temporary, deb));
    await files.remove(directory);
    await files.rename(temporary, directory);
  } finally {
    await files.remove(temporary);
  }
  const archive = await archiveIn(directory, files);
  if (archive !== undefined) return archive;
  throw new NetmapError({ ...failure, why: 'the package holds no archive linux-source-*.tar.*' });
}

function impossible(
  kernel: Pick<KernelTree, 'release' | 'buildDir'>,
  distribution: Distribution,
): NetmapError {
  const known = distribution === 'debian' || distribution === 'ubuntu';
  return new NetmapError({
    code: 'fetch-impossible',
    what: `cannot tell which package has the sources of Linux ${kernel.release}`,
    why: known
      ? `${kernel.buildDir} does not say that it was built by Debian or Ubuntu: no package belongs to it`
      : '--fetch knows the packages of Debian and Ubuntu',
    mend: 'name the sources that this kernel was built from with --kernel-sources=DIR or FILE.tar.xz',
    exitCode: exitCodes.fetchFailed,
  });
}
