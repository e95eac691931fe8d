import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import type { Manifest } from '../../facts/drivers/manifest.js';
import { type KernelVersion, parseMakefileVersion } from '../../facts/kernel-tree/version.js';

/** A driver as it lies in a kernel tree, read and found sound. */
export interface DriverSource {
  readonly tree: string;
  readonly version: KernelVersion;
  /** The driver's folder, or the folder that holds its single file. */
  readonly folder: string;
  /** The manifest's files, by name relative to the driver. */
  readonly files: ReadonlyMap<string, string>;
}

/** No C source of the kernel's drivers comes near this; a larger one is not what it says it is. */
const LARGEST = 4 * 1024 * 1024;

/**
 * Reads the files that hooks go into. Nothing is searched for: the manifest names the full path, because
 * folder names such as `realtek` are used several times in a kernel.
 *
 * @throws NetmapError `sources-missing`, `driver-missing`, `source-unfit` (symbolic link out of the tree, CRLF,
 *   too large, not text), `source-unreadable`
 */
export async function readDriverSource(tree: string, manifest: Manifest, disk: Files): Promise<DriverSource> {
  const root = await disk.realpath(path.resolve(tree)).catch(() => undefined);
  const makefile =
    root === undefined ? undefined : await disk.read(path.join(root, 'Makefile')).catch(() => undefined);
  const version = makefile === undefined ? undefined : parseMakefileVersion(makefile);
  if (root === undefined || version === undefined) {
    throw new NetmapError({
      code: 'sources-missing',
      what: `${tree} is not a kernel source tree`,
      why:
        root === undefined
          ? 'there is no such directory'
          : 'it has no Makefile that sets VERSION, PATCHLEVEL and SUBLEVEL',
      mend: 'name the top directory of the unpacked kernel sources: --kernel-sources=DIR',
      exitCode: exitCodes.usage,
    });
  }
  const location = path.join(root, manifest.path);
  const folder = manifest.kind === 'file' ? path.dirname(location) : location;
  await requireDriver(root, folder, manifest, version, disk);
  const files = new Map<string, string>();
  for (const name of manifest.files) files.set(name, await readSource(root, path.join(folder, name), disk));
  return { tree: root, version, folder, files };
}

async function requireDriver(
  root: string,
  folder: string,
  manifest: Manifest,
  version: KernelVersion,
  files: Files,
): Promise<void> {
  const missing = [];
  for (const name of new Set([manifest.keyFile, ...manifest.files]))
    if (!(await exists(path.join(folder, name), files))) missing.push(path.join(manifest.path, name));
  if (missing.length === 0) return;
  const drivers = await exists(path.join(root, 'drivers/net'), files);
  throw new NetmapError({
    code: 'driver-missing',
    what: `the sources of Linux ${version.dotted} in ${root} have no driver ${manifest.name}`,
    why: drivers
      ? `not there: ${missing.join(', ')}`
      : 'there is no drivers/net below it: these are headers, or half a tree',
    mend: drivers
      ? `compare \`path\` and \`files\` in the manifest of ${manifest.name} with the tree`
      : 'unpack the full kernel sources and name their directory: --kernel-sources=DIR',
    exitCode: exitCodes.usage,
  });
}

function exists(file: string, files: Files): Promise<boolean> {
  return files.lstat(file).then(
    () => true,
    () => false,
  );
}

/** One source file as text. @throws NetmapError `source-unfit`, `source-unreadable` */
export async function readSource(root: string, file: string, files: Files): Promise<string> {
  const real = await files.realpath(file).catch(() => undefined);
  if (real === undefined) throw unreadable(file, 'it is a symbolic link that leads nowhere');
  if (real !== root && !real.startsWith(root + path.sep))
    throw unfit(file, `it is a symbolic link out of the tree, to ${real}`, 'use an unchanged kernel tree');
  const info = await files.stat(real);
  if (!info.isFile()) throw unfit(file, 'it is not a regular file', 'use an unchanged kernel tree');
  if (info.size > LARGEST)
    throw unfit(
      file,
      `it has ${info.size} bytes; no driver source is larger than ${LARGEST}`,
      'use an unchanged kernel tree',
    );
  const bytes = await files.readBytes(real).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(file, error.code ?? String(error));
  });
  return checkText(file, bytes);
}

/** @throws NetmapError `source-unfit` */
export function checkText(file: string, bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unfit(file, 'it is not UTF-8 text', 'convert it: iconv -f latin1 -t utf-8');
  }
  if (text.includes('\0')) throw unfit(file, 'it contains NUL bytes', 'use an unchanged kernel tree');
  if (text.includes('\r'))
    throw unfit(file, 'its lines end in CR LF', `convert it: sed -i 's/\\r$//' ${file}`);
  if (text !== '' && !text.endsWith('\n'))
    throw unfit(file, 'its last line has no end: it may be cut off', 'fetch the sources again');
  return text;
}

function unfit(file: string, why: string, mend: string): NetmapError {
  return new NetmapError({
    code: 'source-unfit',
    what: `cannot port ${file}`,
    why,
    mend,
    exitCode: exitCodes.portRefused,
  });
}

function unreadable(file: string, why: string): NetmapError {
  return new NetmapError({
    code: 'source-unreadable',
    what: `cannot read ${file}`,
    why,
    mend: `make it readable: chmod u+r ${file}`,
    exitCode: exitCodes.failure,
  });
}
