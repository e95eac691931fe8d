import { createHash } from 'node:crypto';
import path from 'node:path';
import { exitCodes, NetmapError, systemCode } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import { inRepository, type SimpleGit } from '../../core/git.js';
import { cacheDirectory } from '../../core/paths.js';
import type { Tools } from '../../core/tools.js';
import type { Manifest } from '../../facts/drivers/manifest.js';
import { pathInPatch } from '../place/emit.js';
import type { DriverSource } from '../source/driver-source.js';

type Effects = Pick<Tools, 'files' | 'signal'>;

/** Commits are the tool's own: a person's name belongs to what the person commits. */
const AUTHOR = 'netmap-port-driver';

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
  const { files } = tools;
  await refuseForeign(directory, tools);
  const temporary = `${directory}.${process.pid}.tmp`;
  try {
    await files.makeDirectory(temporary);
    await copyDriver(manifest, source, temporary, files);
    await files.write(path.join(temporary, '.gitignore'), '/build-*/\n/report/\n');
    await inHistory(temporary, tools, async (git) => {
      await git.init(['--initial-branch=port']);
      await git.add('--all');
      await git.commit(`${manifest.name} of Linux ${source.version.dotted}, unchanged`);
      await git.addTag('vanilla');
    });
    await files.remove(directory);
    await files.rename(temporary, directory);
  } catch (error) {
    await files.remove(temporary).catch(() => undefined);
    if (error instanceof NetmapError) throw error;
    const code = systemCode(error);
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
  await inHistory(work.directory, tools, async (git) => {
    await git.add('--all');
    await git.commit(message, { '--allow-empty': null });
  });
}

/** The driver's files as they were in the first commit. */
export async function vanillaFiles(
  manifest: Manifest,
  work: WorkFolder,
  tools: Effects,
): Promise<Map<string, string>> {
  return inHistory(work.directory, tools, async (git) => {
    const result = new Map<string, string>();
    for (const name of manifest.files)
      result.set(name, await git.show(`vanilla:${pathInPatch(manifest, name)}`));
    return result;
  });
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

/** Only a folder that this tool made, and that was not edited since, is replaced. */
async function refuseForeign(directory: string, tools: Effects): Promise<void> {
  const entries = await tools.files.list(directory).catch((): string[] => []);
  if (entries.length === 0) return;
  const ours =
    entries.includes('.git') && (await tools.files.exists(path.join(directory, '.git/refs/tags/vanilla')));
  const edited = ours ? await editsIn(directory, tools) : '';
  if (ours && edited === '') return;
  throw new NetmapError({
    code: ours ? 'work-folder-edited' : 'work-folder-in-the-way',
    what: `${directory} cannot be the work folder`,
    why: ours ? `it was edited:\n${edited}` : 'it is not empty and was not made by this tool',
    mend: ours
      ? `go on with the edits: --resume; or give them up: rm -r ${directory}`
      : 'name an empty directory: --work DIR',
    exitCode: exitCodes.usage,
  });
}

/** What differs from the last commit, a line a file; empty when nothing does. */
function editsIn(directory: string, tools: Effects): Promise<string> {
  return inHistory(directory, tools, async (git) => {
    const { files } = await git.status();
    return files.map((file) => `${file.index}${file.working_dir} ${file.path}`).join('\n');
  });
}

async function copyDriver(manifest: Manifest, source: DriverSource, to: string, files: Files): Promise<void> {
  if (manifest.kind === 'file') {
    for (const name of manifest.files) await files.copy(path.join(source.folder, name), path.join(to, name));
    return;
  }
  await refuseLinks(source.tree, source.folder, files);
  await files.copyInto(source.folder, path.join(to, manifest.name), { dereference: true });
}

/** A link out of the tree would bring foreign files into the work folder. */
async function refuseLinks(tree: string, folder: string, files: Files): Promise<void> {
  for (const entry of await files.entries(folder)) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) await refuseLinks(tree, file, files);
    if (!(await files.lstat(file)).isSymbolicLink()) continue;
    const target = await files.realpath(file).catch(() => undefined);
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

function inHistory<T>(
  directory: string,
  { signal }: Effects,
  work: (git: SimpleGit) => Promise<T>,
): Promise<T> {
  const use = { author: AUTHOR, mend: 'choose another folder: --work DIR' };
  return inRepository(directory, signal === undefined ? use : { ...use, signal }, work);
}
