import path from 'node:path';
import { z } from 'zod';
import { NetmapError } from '../../core/errors.js';
import type { Paint } from '../../core/terminal/color.js';
import type { Check, Finding, Host } from './check.js';
import { machineChecks } from './machine.js';
import { nicChecks } from './nic.js';

/** The whole preflight list. */
export const checks: readonly Check[] = [...machineChecks, ...nicChecks];

/** A finding with the row that made it, and what became of its fix. */
export interface Result extends Finding {
  readonly id: string;
  readonly title: string;
  /** Empty for the machine. */
  readonly interface: string;
  readonly fixed?: boolean;
}

export async function examine(host: Host, list: readonly Check[] = checks): Promise<Result[]> {
  const results: Result[] = [];
  for (const check of list) {
    for (const name of check.each === 'machine' ? [''] : host.interfaces) {
      results.push({ id: check.id, title: check.title, interface: name, ...(await check.run(host, name)) });
    }
  }
  return results;
}

const undoSchema = z.array(z.array(z.string()).min(1));
/** Kept until the next boot, as what it undoes. */
export const UNDO_FILE = '/run/netmap-configure/doctor-undo.json';

/** The commands that take back what `fix` did, last first. @throws NetmapError `undo-unreadable` */
export async function planUndo({ files }: Pick<Host, 'files'>, file = UNDO_FILE): Promise<string[][]> {
  const text = await files.read(file);
  if (text === undefined) return [];
  try {
    return undoSchema.parse(JSON.parse(text));
  } catch {
    throw new NetmapError({
      code: 'undo-unreadable',
      what: `${file} cannot be read`,
      why: 'it is not what doctor --fix wrote',
      mend: `remove it: rm ${path.resolve(file)}`,
    });
  }
}

/**
 * Applies every fix that can be taken back; how to take it back is written down before it is applied. Fixes that
 * install something are left to the user. Resolves to the results with what became of each.
 */
export async function fix(results: readonly Result[], host: Host, file = UNDO_FILE): Promise<Result[]> {
  const undo = await planUndo(host, file);
  const after: Result[] = [];
  for (const result of results) {
    if (result.fix === undefined || result.undo === undefined) {
      after.push(result);
      continue;
    }
    undo.unshift([...result.undo]);
    await host.files.write(file, `${JSON.stringify(undo)}\n`);
    after.push({ ...result, fixed: await runs(result.fix, host) });
  }
  return after;
}

/** Takes back what `fix` did, last first. Resolves to the commands that failed; they stay written down. */
export async function undo(host: Host, file = UNDO_FILE): Promise<{ done: string[][]; failed: string[][] }> {
  const done: string[][] = [];
  const failed: string[][] = [];
  for (const command of await planUndo(host, file)) {
    ((await runs(command, host)) ? done : failed).push(command);
  }
  if (failed.length === 0) await host.files.remove(file);
  else await host.files.write(file, `${JSON.stringify(failed)}\n`);
  return { done, failed };
}

async function runs(words: readonly string[], { runner }: Host): Promise<boolean> {
  const [file, ...args] = words;
  if (file === undefined) return true;
  return (await runner.run({ file, args, allowFailure: true })).exitCode === 0;
}

const SIGNS = { ok: 'ok', advice: 'advice', problem: 'PROBLEM' } as const;
const COLORS = { ok: 'green', advice: 'yellow', problem: 'red' } as const;

/** Words of a command as a shell takes them. */
export function shellWords(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w./=:@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}

export function renderResults(results: readonly Result[], paint: Paint = (_, text) => text): string {
  return results
    .map((result) => {
      const where = result.interface === '' ? '' : `${result.interface}: `;
      const todo = result.fix === undefined ? result.mend : shellWords(result.fix);
      const fixed = result.fixed === undefined ? '' : result.fixed ? '  (done)' : '  (this failed)';
      return [
        `${paint(COLORS[result.level], SIGNS[result.level].padEnd(8))}${where}${result.title}: ${result.says}`,
        ...(todo === undefined || result.level === 'ok' ? [] : [`        -> ${todo}${fixed}`]),
        '',
      ].join('\n');
    })
    .join('');
}
