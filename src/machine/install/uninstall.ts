import { createHash } from 'node:crypto';
import path from 'node:path';
import { NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import type { Runner } from '../../core/runner.js';
import { findManifests, type Manifest, type Places } from './manifest.js';

export interface UninstallRequest extends Places {
  /** Remove files that were changed, and modules that are loaded. */
  readonly force: boolean;
  /** Kernel that runs, to tell modules in use. */
  readonly runningRelease: string;
  readonly sysfs?: string;
}

/** What became of an installed file since. */
export interface InstalledFile {
  readonly file: string;
  readonly state: 'as-installed' | 'changed' | 'gone';
}

export interface UninstallPlan {
  readonly manifests: readonly {
    readonly file: string;
    /** What every path of the list is below. */
    readonly root: string;
    readonly release?: string;
    readonly files: readonly InstalledFile[];
    /** Removed when they are empty, in this order. */
    readonly directories: readonly string[];
  }[];
  /** Loaded modules whose files are among them. */
  readonly inUse: readonly string[];
  /** Kernels whose list of modules has to be made again, and below which root. */
  readonly depmod: readonly { readonly release: string; readonly root: string }[];
}

export interface UninstallResult {
  readonly removed: readonly string[];
  /** Changed files, which are left alone. */
  readonly kept: readonly string[];
}

/**
 * Looks what is there of an installation; changes nothing.
 *
 * @throws NetmapError `not-installed`, `manifest-unreadable`
 */
export async function planUninstall(request: UninstallRequest, files: Files): Promise<UninstallPlan> {
  const manifests = await findManifests(request, files);
  if (manifests.length === 0) throw notInstalled(request);
  const plans = [];
  for (const manifest of manifests) plans.push(await planOne(manifest, files));
  const modules = manifests.filter(({ release, root }) => release === request.runningRelease && root === '');
  return {
    manifests: plans,
    inUse: await modulesInUse(modules, files, request.sysfs ?? '/sys'),
    depmod: manifests.flatMap(({ release, root }) => (release === undefined ? [] : [{ release, root }])),
  };
}

function notInstalled({ prefix, destdir, installModPath }: Places): NetmapError {
  return new NetmapError({
    code: 'not-installed',
    what: 'there is no list of installed files',
    why: `looked for share/netmap/installed in ${destdir}${prefix || '/usr'}, and for updates/netmap.installed in ${installModPath}/lib/modules/*`,
    mend: 'name the places that make install got: --prefix, --destdir, --install-mod-path',
  });
}

async function planOne({ file, root, release, entries, directories }: Manifest, disk: Files) {
  const files: InstalledFile[] = [];
  for (const entry of entries) {
    const at = path.join('/', root, entry.path);
    files.push({ file: at, state: await stateOf(at, entry.digests, disk) });
  }
  return {
    file,
    root,
    ...(release === undefined ? {} : { release }),
    files,
    directories: directories.map((directory) => path.join('/', root, directory)),
  };
}

async function stateOf(
  file: string,
  digests: readonly string[],
  files: Files,
): Promise<InstalledFile['state']> {
  const found = await files.lstat(file).catch(() => undefined);
  if (found === undefined) return 'gone';
  if (found.isDirectory()) return 'changed';
  const content = await files.readBytes(file).catch(() => undefined);
  // A link whose target is gone is what an interrupted uninstall leaves.
  if (content === undefined) return found.isSymbolicLink() ? 'as-installed' : 'changed';
  return digests.includes(createHash('sha256').update(content).digest('hex')) ? 'as-installed' : 'changed';
}

const moduleName = (file: string) =>
  path
    .basename(file)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');

/** The core, which is named like no other module, and those drivers that are loaded and use it. */
async function modulesInUse(manifests: readonly Manifest[], files: Files, sysfs: string): Promise<string[]> {
  const inUse: string[] = [];
  for (const { entries } of manifests) {
    const names = entries
      .filter(({ path: file }) => /\.ko(\.\w+)?$/.test(file))
      .map((one) => moduleName(one.path));
    for (const name of names) {
      const holders = await files.list(path.join(sysfs, 'module', name, 'holders'));
      const ours = holders.filter((holder) => names.includes(holder));
      const isCore =
        ours.length > 0 || (name === 'netmap' && (await files.exists(path.join(sysfs, 'module/netmap'))));
      if (isCore) inUse.push(name, ...ours);
    }
  }
  return [...new Set(inUse)];
}

/**
 * Removes what the plan names, the lists last: a run that was interrupted can be repeated. Files that were changed since
 * stay, and stay in the list, unless `force`.
 *
 * @throws NetmapError `modules-in-use` before anything is removed; `file-system`; `depmod-failed`
 */
export async function uninstall(
  plan: UninstallPlan,
  force: boolean,
  tools: { readonly files: Files; readonly runner: Runner },
): Promise<UninstallResult> {
  if (plan.inUse.length > 0 && !force) throw inUse(plan.inUse);
  const removed: string[] = [];
  const kept: string[] = [];
  for (const { file: list, root, files, directories } of plan.manifests) {
    const stays: string[] = [];
    for (const { file, state } of files) {
      // what an interrupted make install left
      await tools.files.remove(`${file}.netmap-new`);
      if (state === 'changed' && !force) stays.push(file);
      else if (state !== 'gone') {
        await tools.files.remove(file);
        removed.push(file);
      }
    }
    if (stays.length === 0) {
      await tools.files.remove(list);
      for (const directory of directories) await tools.files.rmdir(directory).catch(() => undefined);
    } else await keepLines(list, root, stays, tools.files);
    kept.push(...stays);
  }
  for (const { release, root } of plan.depmod) await depmod(release, root, tools);
  return { removed, kept };
}

async function keepLines(list: string, root: string, stays: readonly string[], files: Files): Promise<void> {
  const lines = ((await files.read(list)) ?? '').split('\n');
  const left = lines.filter((line) => {
    const name = LINE_PATH.exec(line)?.[1];
    return name === undefined || stays.includes(path.join('/', root, name));
  });
  await files.write(list, left.join('\n'));
}
const LINE_PATH = /^[0-9a-f]{64} {2}(\/.+)$/;

/** Without this the next start would look for modules that are gone. */
async function depmod(
  release: string,
  root: string,
  { files, runner }: { readonly files: Files; readonly runner: Runner },
): Promise<void> {
  if (!(await files.exists(path.join('/', root, 'lib/modules', release, 'modules.dep')))) return;
  await runner.run({
    file: 'depmod',
    args: [...(root === '' ? [] : ['-b', root]), release],
    failure: {
      code: 'depmod-failed',
      what: `cannot make the list of modules of Linux ${release} again`,
      mend: `depmod ${release}`,
    },
  });
}

function inUse(modules: readonly string[]): NetmapError {
  return new NetmapError({
    code: 'modules-in-use',
    what: `nothing removed: ${modules.join(' ')} ${modules.length === 1 ? 'is' : 'are'} loaded`,
    why: 'their files would be missing when the drivers are to be loaded again',
    mend: 'netmap-configure unload, then uninstall; or uninstall --force, which leaves them loaded',
  });
}

export function renderUninstall(plan: UninstallPlan, result: UninstallResult | undefined): string {
  const states = plan.manifests.flatMap(({ files }) => files);
  const lines = states.flatMap(({ file, state }) => {
    if (state === 'gone') return [`gone already   ${file}`];
    if (state === 'changed')
      return [`${result?.removed.includes(file) ? 'removed        ' : 'CHANGED, kept  '}${file}`];
    return result === undefined ? [`would remove   ${file}`] : [];
  });
  const told = plan.inUse.length === 0 ? [] : [`loaded         ${plan.inUse.join(' ')}`];
  if (result === undefined) return [...told, ...lines, ''].join('\n');
  const kept =
    result.kept.length === 0 ? '' : `; ${result.kept.length} changed since are kept (--force removes them)`;
  const initrd =
    plan.depmod.length === 0
      ? []
      : ['If an initramfs holds these modules, make it again: update-initramfs -u -k all'];
  return [...told, ...lines, `${result.removed.length} files removed${kept}`, ...initrd, ''].join('\n');
}
