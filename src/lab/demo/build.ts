import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Files } from '../../core/files.js';
import { withLock } from '../../core/lock.js';
import { cacheDirectory, packageRoot } from '../../core/paths.js';
import type { Tools } from '../../core/tools.js';
import { obtainBuildRoot } from '../vm/build-root.js';
import type { DebianKernel } from '../vm/debian-kernel.js';

/** A build folder that `netmap-configure` and `make` have been through. */
export interface NetmapBuild {
  readonly directory: string;
  /** netmap.ko and the patched drivers, by module name. */
  readonly netmap: string;
  readonly r8169: string;
  readonly pktGen: string;
  /** The stock way to send and receive, to compare with. */
  readonly pktsock: string;
  /** Whether everything was there already. */
  readonly cached: boolean;
}

/** What the result depends on, below the package's root; dist/src is the tool itself. */
const INPUTS = [
  'apps',
  'dist/src',
  'drivers',
  'final-patches',
  'kernel',
  'lab',
  'libnetmap',
  'templates',
] as const;

/**
 * Configures and builds netmap.ko, the patched r8169 and pkt-gen for a kernel, once for each state of the sources, in
 * a build folder below the cache.
 *
 * @param options more words for netmap-configure
 * @throws NetmapError as `netmap-configure` and `make` fail; code `build-failed` with the log of the failing step.
 */
export async function buildNetmap(
  kernel: DebianKernel,
  deps: Tools,
  options: readonly string[] = [],
): Promise<NetmapBuild> {
  const key = createHash('sha256').update([kernel.release, ...options].join(' '));
  for (const input of INPUTS) await addTree(key, path.join(packageRoot, input), deps.files);
  const name = `${kernel.series}-${key.digest('hex').slice(0, 16)}`;
  const directory = path.join(cacheDirectory(), 'builds', name);
  const stamp = path.join(directory, '.complete');
  const cached = await deps.files.exists(stamp);
  if (!cached) {
    await withLock(
      `${directory}.lock`,
      async () => {
        if (await deps.files.exists(stamp)) return;
        await deps.files.remove(directory);
        await deps.files.makeDirectory(directory);
        await build(kernel, directory, deps, options);
        await deps.files.write(stamp, '');
      },
      deps.signal,
    );
  }
  return {
    directory,
    netmap: path.join(directory, 'netmap.ko'),
    r8169: path.join(directory, 'realtek', 'r8169.ko'),
    pktGen: path.join(directory, 'build-apps', 'pkt-gen', 'pkt-gen'),
    pktsock: path.join(directory, 'pktsock'),
    cached,
  };
}

async function build(
  kernel: DebianKernel,
  directory: string,
  deps: Tools,
  options: readonly string[],
): Promise<void> {
  const { env } = await obtainBuildRoot(kernel, deps);
  const step = async (what: string, file: string, args: readonly string[], foreign = {}) => {
    deps.progress?.(what);
    await deps.runner.run({
      file,
      args,
      env: foreign,
      cwd: directory,
      logFile: path.join(directory, 'build.log'),
      failure: { code: 'build-failed', what: `${what} failed`, exitCode: 5 },
    });
  };
  const configure = [
    path.join(packageRoot, 'bin', 'netmap-configure.js'),
    `--kernel-dir=${kernel.buildDir}`,
    `--kernel-sources=${kernel.sourceDir}`,
    '--drivers=realtek',
    '--no-ext-drivers',
    '--apps=pkt-gen',
    ...options,
  ];
  await step(`configuring for Linux ${kernel.release}`, process.execPath, configure, env);
  await step('building netmap.ko and r8169.ko', 'make', ['netmap.ko'], env);
  // What runs in the guest comes with the host's libraries, so it is built with the host's compiler.
  await step('building pkt-gen', 'make', ['apps']);
  const source = path.join(packageRoot, 'lab', 'pktsock.c');
  await step('building the stock sender', 'cc', ['-O2', '-o', 'pktsock', source]);
}

/** Adds names and content of all files below a folder to a hash, compiled objects left out. */
export async function addTree(key: ReturnType<typeof createHash>, root: string, files: Files): Promise<void> {
  const entries = await files.entries(root, { recursive: true });
  const names = entries
    .filter((entry) => entry.isFile() && !/\.(o|d|a|map)$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  for (const file of names) {
    key.update(`\0${path.relative(root, file)}\0`).update(await files.readBytes(file));
  }
}
