import { exitCodes, type Problem } from '../../core/errors.js';
import type { Result } from '../../core/options/result.js';
import type { Available } from '../../facts/external/available.js';
import type { Archive } from '../../facts/external/store.js';

/** What became of one archive. */
export type Fetched =
  | ({ readonly driver: string; readonly version: string; readonly patch: string | null } & Omit<
      Archive,
      'tree'
    >)
  | { readonly driver: string; readonly version: string; readonly problem: Problem };

/** Status 4 when an archive is missing. */
export function showFetched(archives: readonly Fetched[]): Result {
  const missing = archives.some((result) => 'problem' in result);
  return {
    status: missing ? exitCodes.fetchFailed : exitCodes.ok,
    json: { archives },
    text: archives.map(inWords).join(''),
  };
}

/** Versions of one driver. */
export interface Versions {
  readonly driver: string;
  readonly versions: readonly Available[];
}

export function showVersions(drivers: readonly Versions[]): Result {
  return { status: exitCodes.ok, json: { drivers }, text: table(drivers) };
}

function inWords(result: Fetched): string {
  const title = `${result.driver} ${result.version}`;
  if ('problem' in result) {
    const { what, why = '', mend = '' } = result.problem;
    return `${title}: not here\n  error: ${what}\n  why:   ${why.replaceAll('\n', '\n         ')}\n  to do: ${mend}\n`;
  }
  const origin = { folder: 'your own', cache: 'here already', network: 'fetched' }[result.from];
  const checked =
    result.checkedBy === undefined
      ? 'compared with nothing: put it into ext-drivers/SHA256SUMS when you know that it is right'
      : `as ${result.checkedBy} says`;
  const patch = result.patch ?? 'none here: name a netmap checkout that has one with --patches-from=DIR';
  return `${title}: ${origin}, ${result.file}\n  SHA-256 ${result.sha256} (${checked})\n  patch: ${patch}\n`;
}

function table(rows: readonly Versions[]): string {
  const cells = rows.flatMap(({ driver, versions }) =>
    versions.map(({ version, chosen, patch, archive }) => [
      driver,
      `${chosen ? '*' : ' '}${version}`,
      patch ?? '-',
      archive ?? '-',
    ]),
  );
  const all = [['driver', ' version', 'patch', 'archive'], ...cells];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return `${lines.join('\n')}\n* is what configure takes, where there is a patch for it; --select-version=DRIVER:VERSION takes another\n`;
}
