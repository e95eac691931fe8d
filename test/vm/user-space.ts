import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { withLock } from '../../src/core/lock.js';
import { cacheDirectory, packageRoot } from '../../src/core/paths.js';
import type { Tools } from '../../src/core/tools.js';
import { vmDeps } from './fixture.js';

export const apps = ['pkt-gen', 'bridge', 'vale-ctl', 'lb', 'nmreplay', 'tlem', 'dedup'] as const;

/**
 * All applications, built once for each state of their sources: host paths by program name.
 * plain: linked statically; sanitized: with the address and undefined-behaviour sanitizers.
 */
export async function buildApps(
  kind: 'plain' | 'sanitized',
  deps: Tools = vmDeps(),
): Promise<Record<string, string>> {
  const key = createHash('sha256').update(kind);
  for (const folder of ['apps', 'libnetmap', 'kernel/include/net']) await addSources(key, folder);
  const directory = path.join(cacheDirectory(), 'apps', key.digest('hex').slice(0, 16));
  const flags =
    kind === 'plain'
      ? ['LDFLAGS=-static']
      : ['SANITIZE=address,undefined', 'LDFLAGS=-static-libasan -static-libubsan -static-libgcc'];
  const make = async (where: string, makefile: string, args: readonly string[]) => {
    await deps.files.makeDirectory(where);
    const common = ['-C', where, '-f', path.join(packageRoot, makefile), `SRCDIR=${packageRoot}`];
    await deps.runner.run({ file: 'make', args: ['-j2', ...common, `BUILDDIR=${directory}`, ...args] });
  };
  await withLock(`${directory}.lock`, async () => {
    const stamp = path.join(directory, '.complete');
    if (await deps.files.exists(stamp)) return;
    const library = flags.filter((flag) => flag.startsWith('SANITIZE'));
    await make(path.join(directory, 'build-libnetmap'), 'libnetmap/GNUmakefile', ['libnetmap.a', ...library]);
    for (const app of apps)
      await make(path.join(directory, 'build-apps', app), `apps/${app}/GNUmakefile`, flags);
    await deps.files.write(stamp, '');
  });
  const place = (program: string, app: string) => [program, path.join(directory, 'build-apps', app, program)];
  return Object.fromEntries([
    ...apps.map((app) => place(app, app)),
    place('pkt-gen-b', 'pkt-gen'),
    place('bridge-b', 'bridge'),
  ]);
}

async function addSources(key: ReturnType<typeof createHash>, folder: string): Promise<void> {
  const root = path.join(packageRoot, folder);
  const entries = await readdir(root, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => entry.isFile() && /\.(c|h|mak)$|^GNUmakefile$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  for (const file of files) key.update(`\0${path.relative(root, file)}\0`).update(await readFile(file));
}
