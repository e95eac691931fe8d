import os from 'node:os';
import path from 'node:path';
import type { Files } from '../../core/files.js';
import type { Tools } from '../../core/tools.js';
import { moduleOf } from './interfaces.js';
import { loadedFile } from './loaded-file.js';
import { buildId } from './module-file.js';
import { type Port, readPorts } from './ports.js';

/** A loaded module; null is what is not known. */
export interface ModuleStatus {
  readonly name: string;
  readonly file: string | null;
  readonly signer: string | null;
}

/** What netmap can do with an interface as things are now. */
export interface InterfaceStatus {
  readonly name: string;
  /** Null for built-in and virtual drivers. */
  readonly driver: ModuleStatus | null;
  /** `native`: its driver works with netmap; `emulated`: through the emulated adapter; `none`: no netmap.ko. */
  readonly netmap: 'native' | 'emulated' | 'none';
  readonly rings: { readonly tx: number; readonly rx: number };
  readonly up: boolean;
  /** Its port; null without one, or when ports cannot be read. */
  readonly port: Omit<Port, 'name' | 'kind' | 'rings'> | null;
}

export interface Status {
  readonly core: ModuleStatus & { readonly loaded: boolean; readonly buildId: string | null };
  readonly interfaces: readonly InterfaceStatus[];
  /** Ports of no interface that are in use: pipes, switch ports, monitors, null ports. */
  readonly ports: readonly Port[];
  /** Reading ports takes root, and debugfs. */
  readonly portsKnown: boolean;
  /** Processes that have /dev/netmap open. */
  readonly users: readonly { readonly pid: number; readonly program: string }[];
}

/**
 * Reads what is so; nothing is changed, and root is needed only to see ports and other users' processes. `coreName`: the
 * core module, which --mod-name names.
 */
export async function readStatus({ files, runner }: Tools, root = '/', coreName = 'netmap'): Promise<Status> {
  const sysfs = path.join(root, 'sys');
  const names = await files.list(path.join(sysfs, 'class/net'));
  const loaded = await files.exists(path.join(sysfs, 'module', coreName, 'refcnt'));
  const holders = await files.list(path.join(sysfs, 'module', coreName, 'holders'));
  const ports = await readPorts(files, path.join(sysfs, 'kernel/debug/netmap/ports'));
  const describe = async (name: string): Promise<ModuleStatus> => {
    const { file, signer } = await loadedFile(name, os.release(), name === coreName, { files, runner, root });
    return { name, file: file ?? null, signer: signer ?? null };
  };
  const interfaces: InterfaceStatus[] = [];
  for (const name of names) {
    const driver = await moduleOf(name, files, sysfs);
    const port = ports?.find((one) => one.name === name);
    const isNative = port?.kind === 'native' || (driver !== undefined && holders.includes(driver));
    interfaces.push({
      name,
      driver: driver === undefined ? null : await describe(driver),
      netmap: loaded ? (isNative ? 'native' : 'emulated') : 'none',
      rings: port?.rings ?? (await queues(path.join(sysfs, 'class/net', name, 'queues'), files)),
      up: (Number((await files.read(path.join(sysfs, 'class/net', name, 'flags')))?.trim()) & 1) === 1,
      port: port === undefined ? null : detailsOf(port),
    });
  }
  const core = loaded ? await describe(coreName) : { name: coreName, file: null, signer: null };
  return {
    core: { ...core, loaded, buildId: (await buildId(coreName, files, sysfs)) ?? null },
    interfaces,
    ports: (ports ?? []).filter(({ name }) => !names.includes(name)),
    portsKnown: ports !== undefined || !loaded,
    users: await users(root, files),
  };
}

function detailsOf({ name: _, kind: __, rings: ___, ...details }: Port): InterfaceStatus['port'] {
  return details;
}

async function queues(folder: string, files: Files): Promise<{ tx: number; rx: number }> {
  const found = await files.list(folder);
  const count = (kind: string) => found.filter((queue) => queue.startsWith(kind)).length;
  return { tx: count('tx-'), rx: count('rx-') };
}

async function users(root: string, files: Files): Promise<Status['users']> {
  const found: { pid: number; program: string }[] = [];
  for (const pid of await files.list(path.join(root, 'proc'))) {
    if (!/^\d+$/.test(pid)) continue;
    const folder = path.join(root, 'proc', pid, 'fd');
    const descriptors = await files.list(folder).catch(() => []);
    const targets = await Promise.all(
      descriptors.map((fd) => files.readlink(path.join(folder, fd)).catch(() => '')),
    );
    if (!targets.includes('/dev/netmap')) continue;
    const program = await files.read(path.join(root, 'proc', pid, 'comm')).catch(() => undefined);
    found.push({ pid: Number(pid), program: program?.trim() ?? '?' });
  }
  return found;
}
