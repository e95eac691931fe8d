import type { Answer } from './answers.js';
import type { TextFact } from './driver-text.js';

/** Facts of the header that no compiler is asked for. */
export interface HeaderFacts {
  /** The kernel exports split_page (second column of Module.symvers). */
  readonly splitPage: boolean;
  /** False with --without-dmasync. */
  readonly dmasync: boolean;
  readonly driverSuffix: string;
  /** Answers about drivers' sources; they stand before those about the kernel. */
  readonly drivers?: readonly TextFact[];
}

function define(name: string, value = ''): string {
  return `\n\t\t#define NETMAP_LINUX_${name} ${value}\n`;
}

function lineOf({ probe, yes }: Answer): string {
  if (yes) return define(probe.macro, probe.value);
  return probe.otherwise === undefined ? '' : define(probe.macro, probe.otherwise);
}

/** The text of `netmap_linux_config.h`: answers in reverse order of the tables, then the other facts. */
export function renderHeader(answers: readonly Answer[], facts: HeaderFacts): string {
  return [
    '  \t#ifndef NETMAP_LINUX_CONFIG_H\n  \t#define NETMAP_LINUX_CONFIG_H\n',
    ...(facts.drivers ?? []).map(({ macro, value }) => define(macro, value)).reverse(),
    ...answers.map(lineOf).reverse(),
    facts.splitPage ? define('HAVE_SPLIT_PAGE') : '',
    facts.dmasync ? define('HAVE_DMASYNC') : '',
    define('DRIVER_SUFFIX', `"${facts.driverSuffix}"`),
    '\n  \t#endif\n',
  ].join('');
}

/** Whether Module.symvers exports a symbol: columns are CRC, symbol, module, kind, separated by tabs. */
export function exportsSymbol(symvers: string, symbol: string): boolean {
  return symvers.includes(`\t${symbol}\t`);
}
