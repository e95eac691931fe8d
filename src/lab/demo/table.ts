import type { DemoResult, Traffic } from './result.js';

interface Row {
  readonly label: string;
  readonly value: (traffic: Traffic) => string;
}

const whole = (value: number) => Math.round(value).toLocaleString('en-US');

const ROWS: readonly Row[] = [
  { label: 'frames sent', value: (t) => whole(t.sent) },
  { label: 'frames received', value: (t) => whole(t.received) },
  { label: 'frames lost', value: (t) => whole(t.lost) },
  { label: 'frames per second', value: (t) => whole(t.pps) },
  { label: 'NIC interrupts', value: (t) => whole(t.interrupts) },
  { label: 'frames per interrupt', value: (t) => whole(t.sent / Math.max(1, t.interrupts)) },
  { label: 'CPU time, whole VM', value: (t) => `${t.cpuSeconds.toFixed(2)} s` },
  { label: 'CPU time per frame', value: (t) => `${((t.cpuSeconds / t.sent) * 1e6).toFixed(2)} us` },
];

/** The result as a table for a terminal, about 70 columns wide. */
export function demoTable(result: DemoResult): string {
  const line = (label: string, native: string, stock: string) =>
    `${label.padEnd(24)}${native.padStart(20)}${stock.padStart(20)}`;
  return [
    `Linux ${result.kernel}, two software RTL${result.chip} NICs on a hub, 60-byte frames, emulated CPU`,
    '',
    line('', 'netmap (native)', 'stock driver'),
    ...ROWS.map((row) => line(row.label, row.value(result.native), row.value(result.stock))),
    '',
    'The NICs are a model: this shows that every path of the driver runs, not how fast silicon is.',
    'A lost frame is one for which the receiving NIC had no free descriptor and no room in its FIFO.',
  ].join('\n');
}
