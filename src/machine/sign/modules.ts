import path from 'node:path';
import type { Files } from '../../core/files.js';
import { readBuildFolder } from '../load/build-folder.js';

/** The modules of a build folder that are built. @throws NetmapError `no-build-folder` */
export async function modulesOf(folder: string, files: Files): Promise<string[]> {
  const { core, drivers } = await readBuildFolder(folder, files);
  const built: string[] = [];
  for (const { file } of drivers) if (await files.exists(file)) built.push(file);
  return [core.file, ...built];
}

/** What the kernel of a build folder signs with; a folder that is none has only the default digest. */
export async function findSignFile(
  folder: string,
  files: Files,
): Promise<{ readonly digest: string; readonly signFile?: string }> {
  const text = (await files.read(path.join(folder, 'netmap.mak'))) ?? '';
  const kernel = /^KSRC = (.+)$/m.exec(text)?.[1]?.trim();
  if (kernel === undefined) return { digest: 'sha256' };
  const config = (await files.read(path.join(kernel, '.config'))) ?? '';
  const digest = /^CONFIG_MODULE_SIG_HASH="([\w-]+)"$/m.exec(config)?.[1] ?? 'sha256';
  const signFile = path.join(kernel, 'scripts/sign-file');
  return { digest, ...((await files.exists(signFile)) ? { signFile } : {}) };
}
