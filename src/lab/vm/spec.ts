import { z } from 'zod';
import { chips } from './chips.js';

const macPattern = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/** What a NIC's cable is plugged into: a hub inside this VM, or a stream socket to another VM. */
const cableSchema = z.union([
  z.object({ hub: z.number().int().min(0) }),
  z.object({ listen: z.string().describe('unix socket that this VM listens on') }),
  z.object({ connect: z.string().describe('unix socket that this VM connects to') }),
]);

const commonNic = {
  /** Default: 02:6e:6d:00:00:<index + 1>. */
  mac: z.string().regex(macPattern).optional(),
  cable: cableSchema.default({ hub: 0 }),
};

const softwareNicSchema = z.object({
  model: z.literal('rtl8168'),
  chip: z.enum(chips).default('8168h'),
  /** Time of autonegotiation. Below 1000 a race of the stock driver shows on 8125. */
  anegMs: z.number().int().min(0).default(1000),
  /** Send from the doorbell write itself: faster, less like hardware. */
  txSync: z.boolean().default(false),
  /** 802.3x flow control: a receiver without room holds the sender back instead of losing frames. */
  pause: z.boolean().default(false),
  /** RX descriptors longer than this, or crossing such a boundary, violate the DMA guard; 0 = no limit. */
  rxBufMax: z.number().int().min(0).default(0),
  /** Whether any violation of the DMA guard fails the run. */
  guard: z.boolean().default(true),
  ...commonNic,
});

/** The host's side of netmap passthrough; all devices of a VM share one region of memory. */
const ptnetSchema = z.object({
  model: z.literal('ptnet'),
  txRings: z.number().int().min(1).max(16).default(1),
  rxRings: z.number().int().min(1).max(16).default(1),
  slots: z.number().int().min(4).max(1024).default(256),
  /** Whether the host offers virtio-net headers. */
  vnet: z.boolean().default(true),
  /** Whether the host's port has host rings, for the guest to use as its own. */
  hostRings: z.boolean().default(false),
  /** Devices with the same wire are connected directly, headers and all; without one, by the cable. */
  wire: z.string().optional(),
  /** Whether any violation of the protocol by the guest fails the run. */
  guard: z.boolean().default(true),
  ...commonNic,
});

const stockNicSchema = z.object({
  model: z.enum(['e1000', 'e1000e', 'vmxnet3', 'virtio-net-pci', 'rtl8139', 'igb']),
  ...commonNic,
});

const fileSchema = z.union([
  z.object({ host: z.string().describe('file of the host to copy'), mode: z.number().optional() }),
  z.object({ text: z.string(), mode: z.number().optional() }),
]);

/** Everything about one run of one virtual machine. Plain data: it can be printed, stored and compared. */
export const vmSpecSchema = z.object({
  /** Name of the machine in its output. */
  name: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .default('vm'),
  kernel: z.object({ image: z.string(), modulesDir: z.string(), release: z.string() }),
  /** Loaded at boot, in this order, with what they need (modules.dep and softdep pre:). */
  modules: z.array(z.string()).default([]),
  /** Carried with what they need, for the script to `modprobe`. */
  availableModules: z.array(z.string()).default([]),
  /** Absolute path in the guest -> content. */
  files: z.record(z.string().startsWith('/'), fileSchema).default({}),
  /** Programs of the host, by name or path, with their shared libraries; first in the guest's PATH. */
  programs: z.array(z.string()).default([]),
  /** The test: a busybox sh script that uses the functions of lab/guest/lib.sh. */
  script: z.string(),
  nics: z.array(z.union([softwareNicSchema, ptnetSchema, stockNicSchema])).default([]),
  cpus: z.number().int().min(1).max(8).default(2),
  memoryMb: z.number().int().min(96).default(512),
  /**
   * Virtual time counts instructions: one is one nanosecond, on any host, however busy (QEMU's -icount). One processor
   * only: with more, QEMU runs them in turns and the sum says nothing.
   */
  countInstructions: z.boolean().default(false),
  /** NUMA nodes; processors and memory must be multiples of their number. */
  numaNodes: z.number().int().min(1).max(8).default(1),
  kernelArgs: z.array(z.string()).default([]),
  /** For the whole run, boot included. */
  timeoutMs: z.number().int().positive().default(120_000),
  /** An emulated Intel IOMMU in strict mode: DMA to memory that is not mapped fails. */
  iommu: z.boolean().default(false),
  /** Off only for tests that provoke a WARN on purpose; such lines must then be allowed with `allow_log`. */
  panicOnWarn: z.boolean().default(true),
  /** Where console, verdict and returned files stay. Default: a new directory under the cache. */
  logDirectory: z.string().optional(),
});

export type VmSpec = z.input<typeof vmSpecSchema>;
export type ParsedVmSpec = z.output<typeof vmSpecSchema>;
export type VmNic = ParsedVmSpec['nics'][number];
