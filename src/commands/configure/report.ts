import type { Paint } from '../../core/terminal/color.js';
import type { DriverDecision } from '../../facts/drivers/decide.js';

/** Column (counted from 0) at which the values of the report start. */
const VALUE_COLUMN = 28;

/** Names of a set in reverse declaration order, each followed by a blank, as scripts know it. */
export function printSet(names: readonly string[]): string {
  return [...names]
    .reverse()
    .map((name) => `${name} `)
    .join('');
}

export interface ReportFacts {
  readonly kernelDir: string;
  /** Shown below the directory when it differs. */
  readonly kernelDirReal?: string;
  readonly sources?: string;
  readonly sourcesReal?: string;
  readonly version?: { readonly hex: string; readonly dotted: string };
  readonly modName: string;
  readonly subsystems: readonly string[];
  readonly apps: readonly string[];
  /** Declaration order. */
  readonly drivers: readonly string[];
  /** Text of drivers.mak. */
  readonly driversMak?: string;
}

function row(label: string, value: string): string {
  return `${label.padEnd(VALUE_COLUMN)}${value}\n`;
}

function place(label: string, file: string, real: string | undefined): string {
  const second = real === undefined || real === file ? '' : row('', `[${real}]`);
  return row(label, file) + second;
}

/** The console report; its layout is an interface that scripts read. */
export function renderReport(facts: ReportFacts): string {
  const { version } = facts;
  return [
    place('kernel directory', facts.kernelDir, facts.kernelDirReal),
    place('kernel sources', facts.sources ?? '-', facts.sourcesReal),
    row('linux version', version === undefined ? '-' : `${version.hex}  [${version.dotted}]`),
    row('module file', `${facts.modName}.ko`),
    '\n',
    row('subsystems', printSet(facts.subsystems)),
    row('apps', printSet(facts.apps)),
    row('native drivers', printSet(facts.drivers)),
    ...(facts.driversMak === undefined ? [] : [`\nContents of the drivers.mak file:\n${facts.driversMak}`]),
  ].join('');
}

/** A table of what became of every driver, for the terminal. Empty when there is nothing to say. */
export function renderSummary(
  decisions: readonly Pick<DriverDecision, 'driver' | 'requested' | 'result' | 'reason' | 'nextStep'>[],
  paint: Paint = (_, text) => text,
): string {
  if (decisions.length === 0) return '';
  const header = ['driver', 'requested', 'result'];
  const rows = decisions.map(({ driver, requested, result }) => [driver, requested, result]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[], rest: string) =>
    `${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}  ${rest}\n`;
  const indent = ' '.repeat(widths.reduce((sum, width) => sum + width + 2, 0));
  return [
    line(header, 'reason / next step'),
    ...decisions.map(({ driver, requested, result, reason, nextStep }) => {
      const color = result === 'native' ? 'green' : 'red';
      const cells = line([driver, requested, result], reason).trimEnd();
      return `${paint(color, cells)}\n${indent}-> ${nextStep}\n`;
    }),
  ].join('');
}
