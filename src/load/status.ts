import { readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import type { Files } from '../system/files.js';
import { moduleOf } from './interfaces.js';
import { buildId } from './module-file.js';

/** What netmap can do with an interface as things are now. */
export interface InterfaceStatus {
  readonly name: string;
  readonly driver: string | null;
  /** `native`: its driver works with netmap; `emulated`: through the emulated adapter; `none`: no netmap.ko. */
  readonly netmap: 'native' | 'emulated' | 'none';
  readonly rings: { readonly tx: number; readonly rx: number };
  readonly up: boolean;
}

export interface Status {
  readonly core: { readonly loaded: boolean; readonly buildId: string | null };
  readonly interfaces: readonly InterfaceStatus[];
  /** Processes that have /dev/netmap open. */
  readonly users: readonly { readonly pid: number; readonly program: string }[];
}

/** Reads what is so; nothing is changed, and root is needed only to see other users' processes. */
export async function readStatus(files: Files, root = '/'): Promise<Status> {
  const sysfs = path.join(root, 'sys');
  const loaded = await files.exists(path.join(sysfs, 'module/netmap/refcnt'));
  const native = await files.list(path.join(sysfs, 'module/netmap/holders'));
  const interfaces: InterfaceStatus[] = [];
  for (const name of await files.list(path.join(sysfs, 'class/net'))) {
    const driver = await moduleOf(name, sysfs);
    const queues = await files.list(path.join(sysfs, 'class/net', name, 'queues'));
    const isNative = driver !== undefined && native.includes(driver);
    interfaces.push({
      name,
      driver: driver ?? null,
      netmap: loaded ? (isNative ? 'native' : 'emulated') : 'none',
      rings: {
        tx: queues.filter((queue) => queue.startsWith('tx-')).length,
        rx: queues.filter((queue) => queue.startsWith('rx-')).length,
      },
      up: (Number((await files.read(path.join(sysfs, 'class/net', name, 'flags')))?.trim()) & 1) === 1,
    });
  }
  const id = await buildId('netmap', sysfs);
  return { core: { loaded, buildId: id ?? null }, interfaces, users: await users(root, files) };
}

async function users(root: string, files: Files): Promise<Status['users']> {
  const found: { pid: number; program: string }[] = [];
  for (const pid of await files.list(path.join(root, 'proc'))) {
    if (!/^\d+$/.test(pid)) continue;
    const folder = path.join(root, 'proc', pid, 'fd');
    const descriptors = await readdir(folder).catch(() => []);
    const targets = await Promise.all(
      descriptors.map((fd) => readlink(path.join(folder, fd)).catch(() => '')),
    );
    if (!targets.includes('/dev/netmap')) continue;
    const program = await files.read(path.join(root, 'proc', pid, 'comm')).catch(() => undefined);
    found.push({ pid: Number(pid), program: program?.trim() ?? '?' });
  }
  return found;
}

export function renderStatus({ core, interfaces, users: processes }: Status): string {
  const rows = [
    ['interface', 'driver', 'netmap', 'rings tx/rx', 'state'],
    ...interfaces.map(({ name, driver, netmap, rings, up }) => [
      name,
      driver ?? '-',
      netmap,
      `${rings.tx}/${rings.rx}`,
      up ? 'up' : 'down',
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths?.[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const state = core.loaded ? `loaded (build ID ${core.buildId ?? 'unknown'})` : 'not loaded';
  const using = processes.map(({ pid, program }) => `${program} (${pid})`).join(', ');
  return [`netmap.ko: ${state}`, `used by: ${using || 'nobody'}`, '', ...table, ''].join('\n');
}
