import { z } from 'zod';
import type { Files } from '../../core/files.js';

/** What the module writes, one JSON object a line (kernel/core/status.c); members that are not needed here are left out. */
const portSchema = z.object({
  port: z.string(),
  kind: z.enum(['native', 'emulated', 'software']),
  netmap: z.boolean(),
  busy: z.boolean(),
  region: z.number(),
  tx_rings: z.number(),
  rx_rings: z.number(),
  tx_slots: z.number(),
  rx_slots: z.number(),
  host_dropped: z.number(),
  users: z.array(
    z.object({
      pid: z.number(),
      comm: z.string(),
      tx: z.tuple([z.number(), z.number()]),
      rx: z.tuple([z.number(), z.number()]),
      exclusive: z.boolean(),
    }),
  ),
});

/** A process that has bound a port. Rings are [first, behind the last]; those behind the NIC's are host rings. */
export interface PortUser {
  readonly pid: number;
  readonly program: string;
  readonly tx: readonly [number, number];
  readonly rx: readonly [number, number];
  readonly exclusive: boolean;
}

/** A port of netmap as the module describes it. */
export interface Port {
  readonly name: string;
  readonly kind: 'native' | 'emulated' | 'software';
  /** In netmap mode now. */
  readonly inNetmap: boolean;
  /** Owned by the kernel: attached to a switch. */
  readonly attached: boolean;
  /** Identifier of its memory region. */
  readonly region: number;
  readonly rings: { readonly tx: number; readonly rx: number };
  /** Slots of each ring. */
  readonly slots: { readonly tx: number; readonly rx: number };
  /** Packets of the stack that found no place. */
  readonly hostDropped: number;
  readonly users: readonly PortUser[];
}

/** Lines that are not what this version of the module writes are left out. */
export function parsePorts(text: string): Port[] {
  return text.split('\n').flatMap((line) => {
    const parsed = portSchema.safeParse(jsonOf(line));
    if (!parsed.success) return [];
    const { port, kind, netmap, busy, region, users, ...rest } = parsed.data;
    return [
      {
        name: port,
        kind,
        inNetmap: netmap,
        attached: busy,
        region,
        rings: { tx: rest.tx_rings, rx: rest.rx_rings },
        slots: { tx: rest.tx_slots, rx: rest.rx_slots },
        hostDropped: rest.host_dropped,
        users: users.map(({ comm, ...user }) => ({ ...user, program: comm })),
      },
    ];
  });
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The ports of the running module; undefined when they cannot be read: no debugfs, or not root. */
export async function readPorts(files: Files, file: string): Promise<Port[] | undefined> {
  const text = await files.read(file).catch(() => undefined);
  return text === undefined ? undefined : parsePorts(text);
}
