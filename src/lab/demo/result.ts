import { z } from 'zod';
import { NetmapError } from '../../core/errors.js';

/** What one kind of traffic did. Counts are frames; the CPU time is that of the whole VM, kernel included. */
export interface Traffic {
  readonly sent: number;
  readonly received: number;
  /** Sent and not received: the receiving NIC had no descriptor left and its FIFO was full. */
  readonly lost: number;
  /** Frames per second at the sender. */
  readonly pps: number;
  /** Of both NICs. */
  readonly interrupts: number;
  readonly cpuSeconds: number;
}

export interface DemoResult {
  readonly kernel: string;
  readonly chip: string;
  readonly native: Traffic;
  readonly stock: Traffic;
}

const TICKS_PER_SECOND = 100;

const count = z.coerce.number().int().min(0);

const trafficSchema = z
  .object({
    sent: count,
    received: count,
    pps: z.coerce.number().min(0),
    interrupts: count,
    cpuTicks: count,
  })
  .refine((traffic) => traffic.received <= traffic.sent, 'more frames received than sent');

/**
 * The measurements among the notes of the guest (`native.sent`, `stock.cpuTicks`, ...; see lab/guest/demo.sh).
 *
 * @throws NetmapError `demo-incomplete` when one is missing or makes no sense.
 */
export function parseTraffic(kind: 'native' | 'stock', notes: Readonly<Record<string, string>>): Traffic {
  const own = Object.entries(notes)
    .filter(([key]) => key.startsWith(`${kind}.`))
    .map(([key, value]) => [key.slice(kind.length + 1), value]);
  const parsed = trafficSchema.safeParse(Object.fromEntries(own));
  if (!parsed.success) {
    throw new NetmapError({
      code: 'demo-incomplete',
      what: `the virtual machine did not report the ${kind} traffic`,
      why: z.prettifyError(parsed.error),
    });
  }
  const { sent, received, pps, interrupts, cpuTicks } = parsed.data;
  return {
    sent,
    received,
    lost: sent - received,
    pps: Math.round(pps),
    interrupts,
    cpuSeconds: cpuTicks / TICKS_PER_SECOND,
  };
}
