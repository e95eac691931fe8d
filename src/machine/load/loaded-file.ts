import path from 'node:path';
import type { Files } from '../../core/files.js';
import type { Runner } from '../../core/runner.js';
import { isFrom } from './module-file.js';
import { readState } from './state.js';

/** Where a loaded module comes from. */
export interface LoadedFile {
  /** Undefined when it was loaded from a file that nothing here knows. */
  readonly file?: string;
  /** The file holds the build ID of the loaded module; false for compressed files, which are not looked into. */
  readonly certain: boolean;
  /** Name in the signature; undefined without one. */
  readonly signer?: string;
}

/**
 * Finds the file of a loaded module among those that `load` has loaded and those of modules.dep. Files whose build ID is
 * another are not it; a compressed one counts when nothing else fits, as modprobe would have taken it.
 *
 * @param core the module is the core, which lies beside the drivers that were loaded with it
 */
export async function loadedFile(
  name: string,
  release: string,
  core: boolean,
  { files, runner, root }: { files: Files; runner: Runner; root: string },
): Promise<LoadedFile> {
  const candidates = [
    ...(await loadedByUs(name, core, files)),
    ...installedFiles(
      (await files.read(path.join(root, `lib/modules/${release}/modules.dep`))) ?? '',
      name,
    ).map((file) => path.join(root, `lib/modules/${release}`, file)),
  ];
  for (const file of candidates.filter((one) => one.endsWith('.ko'))) {
    if ((await isFrom(name, file, files, path.join(root, 'sys'))) !== true) continue;
    return { file, certain: true, ...(await signerOf(file, runner)) };
  }
  const file = candidates.find((one) => !one.endsWith('.ko'));
  return file === undefined
    ? { certain: false }
    : { file, certain: false, ...(await signerOf(file, runner)) };
}

async function loadedByUs(name: string, core: boolean, files: Files): Promise<string[]> {
  const loaded = (await readState(files))?.loaded ?? {};
  if (!core) return loaded[name] === undefined ? [] : [loaded[name]];
  const folders = Object.values(loaded).flatMap((file) => [
    path.dirname(file),
    path.dirname(path.dirname(file)),
  ]);
  return [...new Set(folders)].map((folder) => path.join(folder, `${name}.ko`));
}

/** Files of that module in modules.dep, in its order; relative to the folder of modules.dep. */
export function installedFiles(modulesDep: string, name: string): string[] {
  return modulesDep
    .split('\n')
    .map((line) => line.split(':')[0] ?? '')
    .filter(
      (file) =>
        path
          .basename(file)
          .replace(/\.ko(\.\w+)?$/, '')
          .replaceAll('-', '_') === name,
    );
}

async function signerOf(file: string, runner: Runner): Promise<{ signer?: string }> {
  const result = await runner.run({ file: 'modinfo', args: ['-F', 'signer', file], allowFailure: true });
  const signer = result.exitCode === 0 ? result.stdout.trim() : '';
  return signer === '' ? {} : { signer };
}
