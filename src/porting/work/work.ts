import { createHash } from 'node:crypto';
import { cp, lstat, mkdir, readdir, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import { cacheDirectory } from '../../core/paths.js';
import type { Tools } from '../../core/tools.js';
import type { Manifest } from '../../facts/drivers/manifest.js';
import { pathInPatch } from '../place/emit.js';
import type { DriverSource } from '../source/driver-source.js';

type Effects = Pick<Tools, 'runner' | 'files'>;

/** A copy of the driver with its own git history: commit `vanilla`, then commit `port`. */
export interface WorkFolder {
  readonly directory: string;
  /** Where the driver's files lie inside. */
  readonly driver: string;
}

export function defaultWorkDirectory(manifest: Manifest, source: DriverSource): string {
  const hash = createHash('sha256').update(source.tree);
  for (const [name, text] of source.files) hash.update(`\0${name}\0${text}`);
  const tag = hash.digest('hex').slice(0, 8);
  return path.join(cacheDirectory(), 'port', `${manifest.name}-${source.version.dotted}-${tag}`);
}

export function openWorkFolder(manifest: Manifest, directory: string): WorkFolder {
  return { directory, driver: manifest.kind === 'file' ? directory : path.join(directory, manifest.name) };
}

/**
 * Copies the driver out of the kernel tree and commits it. The folder appears complete or not at all.
 *
 * @throws NetmapError `work-folder-in-the-way` when something else lies there, `source-unfit` for symbolic links
 *   out of the tree, `command-missing` without git, `file-system` when the disk is full
 */
export async function makeWorkFolder(
  manifest: Manifest,
  source: DriverSource,
  directory: string,
  tools: Effects,
): Promise<WorkFolder> {
  await refuseForeign(directory, tools);
  const temporary = `${directory}.${process.pid}.tmp`;
  try {
    await mkdir(temporary, { recursive: true });
    await copyDriver(manifest, source, temporary);
    await git(temporary, ['init', '--quiet', '--initial-branch=port'], tools);
    await tools.files.write(path.join(temporary, '.gitignore'), '/build-*/\n/report/\n');
    await git(temporary, ['add', '--all'], tools);
    await git(
      temporary,
      ['commit', '--quiet', '-m', `${manifest.name} of Linux ${source.version.dotted}, unchanged`],
      tools,
    );
    await git(temporary, ['tag', 'vanilla'], tools);
    await rm(directory, { recursive: true, force: true });
    await rename(temporary, directory);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    if (error instanceof NetmapError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new NetmapError(
      {
        code: 'file-system',
        what: `cannot make the work folder ${directory}`,
        why: code,
        mend: code === 'ENOSPC' ? 'free some disk space and run again' : 'choose another one: --work DIR',
      },
      { cause: error },
    );
  }
  return openWorkFolder(manifest, directory);
}

/** Writes the ported files and commits them. */
export async function commitPort(
  work: WorkFolder,
  files: ReadonlyMap<string, string>,
  message: string,
  tools: Effects,
): Promise<void> {
  for (const [name, text] of files) await tools.files.write(path.join(work.driver, name), text);
  await git(work.directory, ['add', '--all'], tools);
  await git(work.directory, ['commit', '--quiet', '--allow-empty', '-m', message], tools);
}

/** The driver's files as they were in the first commit. */
export async function vanillaFiles(
  manifest: Manifest,
  work: WorkFolder,
  tools: Effects,
): Promise<Map<string, string>> {
  const result = new Map<string, string>();
  for (const name of manifest.files) {
    const shown = await git(work.directory, ['show', `vanilla:${pathInPatch(manifest, name)}`], tools);
    result.set(name, shown);
  }
  return result;
}

/** The driver's files as they lie in the work folder now. @throws NetmapError `work-folder-missing` */
export async function readEdited(
  manifest: Manifest,
  work: WorkFolder,
  tools: Effects,
): Promise<Map<string, string>> {
  const result = new Map<string, string>();
  for (const name of manifest.files) {
    const text = await tools.files.read(path.join(work.driver, name));
    if (text === undefined)
      throw new NetmapError({
        code: 'work-folder-missing',
        what: `there is nothing to resume in ${work.directory}`,
        why: `it has no ${name}`,
        mend: 'start without --resume, or name the folder: --work DIR',
        exitCode: exitCodes.usage,
      });
    result.set(name, text);
  }
  return result;
}

/** Only a folder that this tool made, and that nobody has edited since, is replaced. */
async function refuseForeign(directory: string, tools: Effects): Promise<void> {
  const entries = await readdir(directory).catch((): string[] => []);
  if (entries.length === 0) return;
  const ours =
    entries.includes('.git') && (await tools.files.exists(path.join(directory, '.git/refs/tags/vanilla')));
  const edited = ours ? (await git(directory, ['status', '--porcelain'], tools)).trim() : '';
  if (ours && edited === '') return;
  throw new NetmapError({
    code: ours ? 'work-folder-edited' : 'work-folder-in-the-way',
    what: `${directory} cannot be the work folder`,
    why: ours ? `somebody edited it:\n${edited}` : 'it is not empty and was not made by this tool',
    mend: ours
      ? `go on with the edits: --resume; or give them up: rm -r ${directory}`
      : 'name an empty directory: --work DIR',
    exitCode: exitCodes.usage,
  });
}

async function copyDriver(manifest: Manifest, source: DriverSource, to: string): Promise<void> {
  if (manifest.kind === 'file') {
    for (const name of manifest.files) await cp(path.join(source.folder, name), path.join(to, name));
    return;
  }
  await refuseLinks(source.tree, source.folder);
  await cp(source.folder, path.join(to, manifest.name), { recursive: true, dereference: true });
}

/** A link out of the tree would bring foreign files into the work folder. */
async function refuseLinks(tree: string, folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) await refuseLinks(tree, file);
    if (!(await lstat(file)).isSymbolicLink()) continue;
    const target = await realpath(file).catch(() => undefined);
    if (target?.startsWith(tree + path.sep)) continue;
    throw new NetmapError({
      code: 'source-unfit',
      what: `cannot port the driver in ${folder}`,
      why: `${entry.name} is a symbolic link ${target === undefined ? 'that leads nowhere' : `out of the tree, to ${target}`}`,
      mend: 'use an unchanged kernel tree',
      exitCode: exitCodes.portRefused,
    });
  }
}

/** Git as it is without anybody's configuration: the history depends on the sources alone. */
async function git(directory: string, args: readonly string[], tools: Effects): Promise<string> {
  const { stdout } = await tools.runner.run({
    file: 'git',
    args: ['-c', 'core.autocrlf=false', '-c', 'commit.gpgsign=false', ...args],
    cwd: directory,
    env: {
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_DIR: undefined,
      GIT_WORK_TREE: undefined,
      GIT_INDEX_FILE: undefined,
      GIT_AUTHOR_NAME: 'netmap-port-driver',
      GIT_AUTHOR_EMAIL: 'netmap-port-driver@localhost',
      GIT_COMMITTER_NAME: 'netmap-port-driver',
      GIT_COMMITTER_EMAIL: 'netmap-port-driver@localhost',
    },
    failure: {
      code: 'git-failed',
      what: `git ${args[0]} failed in the work folder`,
      mend: 'choose another folder: --work DIR',
    },
  });
  return stdout;
}
