import type { Probe } from './probe.js';

/** Headers that the questions are about. All exist in every supported kernel (5.10 and newer). */
const HEADERS = [
  'linux/module.h',
  'linux/kernel.h',
  'linux/init.h',
  'linux/netdevice.h',
  'linux/etherdevice.h',
  'linux/ethtool.h',
  'linux/if_vlan.h',
  'linux/skbuff.h',
  'linux/hrtimer.h',
  'linux/delay.h',
  'linux/iommu.h',
  'linux/kthread.h',
  'linux/mm.h',
  'linux/poll.h',
  'linux/eventfd.h',
  'linux/pci.h',
  'linux/u64_stats_sync.h',
  'linux/rtnetlink.h',
  'net/sock.h',
  'net/sch_generic.h',
];

/** What stands for a file name in the compiler's messages about a probe. */
export const probeMark = (id: string): string => `probe.${id}`;

/** The question that must fail: when it is not reported, the compiler did not get through the others. */
export const SENTINEL = 'SENTINEL';

function functionOf(probe: Probe): string[] {
  const mark = `#line 1 "${probeMark(probe.id)}"`;
  const rest = [
    ...(probe.before === undefined ? [] : [probe.before]),
    `static void __maybe_unused nm_probe_${probe.id}(${probe.args || 'void'})`,
    `{ ${probe.body} }`,
  ];
  if (probe.header === undefined) return [mark, ...rest];
  return [
    `#if __has_include(<${probe.header}>)`,
    `#include <${probe.header}>`,
    mark,
    ...rest,
    '#else',
    mark,
    `#error ${probe.header} does not exist`,
    '#endif',
  ];
}

/**
 * All questions as one C file. Parsing the kernel's headers costs far more than the questions, so they are
 * parsed once; `#line` gives every question a name of its own in the compiler's messages.
 */
export function batchSource(probes: readonly Probe[]): string {
  return [
    ...HEADERS.map((header) => `#include <${header}>`),
    ...probes.flatMap((probe) => [`/* ${probe.macro}: ${probe.changed} */`, ...functionOf(probe)]),
    `#line 1 "${probeMark(SENTINEL)}"`,
    '#error this must be reported',
    '',
  ].join('\n');
}
