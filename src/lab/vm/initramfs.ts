import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { packageRoot } from '../../core/paths.js';
import type { Tools } from '../../core/tools.js';
import { type CpioEntry, cpioArchive, withParents } from './cpio.js';
import { moduleClosure, moduleName, parseModuleIndex } from './modules.js';
import { programWithLibraries } from './shared-libraries.js';
import type { ParsedVmSpec } from './spec.js';

const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'];
const GUEST_DIRECTORIES = ['/proc', '/sys', '/dev', '/tmp', '/run', '/var/run', '/root', '/opt/bin', '/mnt'];

/**
 * Writes the guest's whole root file system to `file`, uncompressed: unpacking under TCG costs more than reading.
 * Owner root, times 0. Nothing is read from the host but what the spec names.
 */
export async function writeInitramfs(file: string, spec: ParsedVmSpec, deps: Tools): Promise<void> {
  const entries = withParents([
    ...GUEST_DIRECTORIES.map((directory): CpioEntry => ({ path: directory, kind: 'directory' })),
    ...(await baseEntries(spec, deps)),
    ...(await moduleEntries(spec, deps)),
    ...(await programEntries(spec.programs, deps)),
    ...(await shellEntries(deps)),
    ...(await fileEntries(spec, deps)),
  ]);
  await pipeline(cpioArchive(entries), deps.files.writeStream(file, 'replace'));
}

function text(target: string, content: string, mode = 0o644): CpioEntry {
  return { path: target, kind: 'file', mode, content: Buffer.from(content) };
}

async function copy({ files }: Tools, from: string, to: string, mode = 0o755): Promise<CpioEntry> {
  return { path: to, kind: 'file', mode, content: await files.readBytes(from) };
}

async function baseEntries(spec: ParsedVmSpec, deps: Tools): Promise<CpioEntry[]> {
  const guest = path.join(packageRoot, 'lab', 'guest');
  let busybox = BUSYBOX[0] ?? '';
  for (const candidate of BUSYBOX) if (await deps.files.exists(candidate)) busybox = candidate;
  return [
    await copy(deps, busybox, '/bin/busybox'),
    await copy(deps, path.join(guest, 'init'), '/init'),
    await copy(deps, path.join(guest, 'lib.sh'), '/vm/lib.sh', 0o644),
    await copy(
      deps,
      path.join(packageRoot, 'lab', 'nic-models', 'rtl8168', 'rtl_guard.h'),
      '/vm/rtl_guard.h',
      0o644,
    ),
    text('/vm/name', `${spec.name}\n`),
    text('/vm/test.sh', spec.script),
  ];
}

/** Modules decompressed, and a modules.dep of just them, so that busybox's modprobe works in the guest. */
async function moduleEntries(spec: ParsedVmSpec, deps: Tools): Promise<CpioEntry[]> {
  const { modulesDir, release } = spec.kernel;
  const read = async (name: string) => (await deps.files.read(path.join(modulesDir, name))) ?? '';
  const index = parseModuleIndex(
    await read('modules.dep'),
    await read('modules.builtin'),
    await read('modules.softdep'),
  );
  const load = moduleClosure(index, spec.modules);
  const files = [...new Set([...load, ...moduleClosure(index, spec.availableModules)])];
  const plain = (file: string) => file.replace(/\.ko\.\w+$/, '.ko');
  const dependencies = files.map((file) => {
    const needs = index.modules.get(moduleName(file))?.needs ?? [];
    return `${plain(file)}: ${needs.map((n) => plain(index.modules.get(n)?.file ?? n)).join(' ')}\n`;
  });
  const base = `/lib/modules/${release}`;
  return [
    text(`${base}/modules.dep`, dependencies.join('')),
    text('/vm/modules', load.map((file) => `${base}/${plain(file)}\n`).join('')),
    ...(await Promise.all(
      files.map(async (file): Promise<CpioEntry> => {
        const content = await readModule(path.join(modulesDir, file), deps);
        return { path: `${base}/${plain(file)}`, kind: 'file', mode: 0o644, content };
      }),
    )),
  ];
}

async function readModule(file: string, { runner, files }: Tools): Promise<Uint8Array> {
  const programs: Record<string, string> = { '.xz': 'xz', '.zst': 'zstd', '.gz': 'gzip' };
  const program = programs[path.extname(file)];
  if (program === undefined) return files.readBytes(file);
  const { stdout } = await runner.run({ file: program, args: ['-dc', file], encoding: 'latin1' });
  return Buffer.from(stdout, 'latin1');
}

async function programEntries(programs: readonly string[], deps: Tools): Promise<CpioEntry[]> {
  const entries: CpioEntry[] = [];
  const libraries = new Set<string>();
  for (const program of programs) {
    const found = await programWithLibraries(program, deps);
    entries.push(await copy(deps, found.file, `/opt/bin/${path.basename(found.file)}`));
    for (const library of found.libraries) libraries.add(library);
  }
  for (const library of libraries) entries.push(await copy(deps, library, library));
  return entries;
}

/**
 * The host's dash as /bin/sh: Debian's busybox shell runs its own applets in place of programs of the same name,
 * whatever PATH says, and its `ip` knows no namespaces.
 */
async function shellEntries(deps: Tools): Promise<CpioEntry[]> {
  const dash = await programWithLibraries('dash', deps);
  const libraries = await Promise.all(dash.libraries.map((library) => copy(deps, library, library)));
  return [await copy(deps, dash.file, '/bin/sh'), ...libraries];
}

async function fileEntries(spec: ParsedVmSpec, deps: Tools): Promise<CpioEntry[]> {
  return Promise.all(
    Object.entries(spec.files).map(async ([target, source]) =>
      'text' in source
        ? text(target, source.text, source.mode)
        : copy(deps, source.host, target, source.mode ?? 0o755),
    ),
  );
}
