import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

/** A test file that failed beside others and passed alone. */
const entrySchema = z.object({
  /** When, as ISO 8601 has it. */
  at: z.string(),
  /** The file, below the project's folder. */
  file: z.string(),
  failures: z.number(),
  /** Output of its first outcome. */
  log: z.string(),
});
export type SecondChance = z.infer<typeof entrySchema>;

/** Older entries that a summary shows; the list has them all. */
const SHOWN = 10;

/** All second chances that files took on this machine: each is a fault to mend, in a test or in what it tests. */
export interface SecondChances {
  /** Adds a file to the list and keeps what its first run said. */
  add(file: string, failures: number, output: string): SecondChance;
  /** Those of this run. */
  readonly added: readonly SecondChance[];
  /** Lines that tell what this run added, and what is there from before. Empty when there is nothing. */
  summary(): string[];
}

/** The list is a file of JSON lines in `folder`; the logs lie beside it. */
export function secondChances(folder: string, now: () => Date = () => new Date()): SecondChances {
  const list = path.join(folder, 'list.jsonl');
  const added: SecondChance[] = [];
  return {
    added,
    add(file, failures, output) {
      const at = now().toISOString();
      const name = file.replaceAll(path.sep, '-').replace(/\.js$/, '');
      const log = path.join(folder, `${at.replaceAll(':', '')}-${name}.log`);
      const entry = { at, file, failures, log };
      mkdirSync(folder, { recursive: true });
      writeFileSync(log, output);
      appendFileSync(list, `${JSON.stringify(entry)}\n`);
      added.push(entry);
      return entry;
    },
    summary() {
      const older = read(list).filter(({ log }) => !added.some((entry) => entry.log === log));
      return [
        ...(added.length === 0 ? [] : ['second chances of this run:', ...added.map(describe)]),
        ...(older.length === 0 ? [] : [`second chances before (${older.length}, all in ${list}):`]),
        ...older.slice(-SHOWN).map(describe),
      ];
    },
  };
}

function describe({ at, file, failures, log }: SecondChance): string {
  return `  ${at} ${file}: ${failures} failed beside other tests, passed alone; ${log}`;
}

/** A line that a killed run left half written, or another version wrote, is passed over. */
function read(list: string): SecondChance[] {
  if (!existsSync(list)) return [];
  return readFileSync(list, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [entrySchema.parse(JSON.parse(line))];
      } catch {
        return [];
      }
    });
}
