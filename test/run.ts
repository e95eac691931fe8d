import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { run } from 'node:test';
import { cacheDirectory, packageRoot as root } from '../src/core/paths.js';
import { type Duration, describeDurations } from './durations.js';
import { provide } from './packages.js';
import { type Phase, phases } from './phases.js';
import { add, type FileOutcome, follow, type Outcome, type Tally } from './reporter.js';
import { type SecondChances, secondChances } from './second-chances.js';

const DEFAULT_CONCURRENCY = 2;

/** What is gathered from phase to phase. */
export interface Totals {
  readonly tally: Tally;
  readonly chances: SecondChances;
  readonly phases: Duration[];
  readonly files: Duration[];
}

/**
 * `npm test [-- PHASE...]`. The times and the second chances come first at the end; the last line is `N passed, N failed`
 * and, when there are any, `, N skipped`. The exit status is 1 when something failed. Slow phases do not start after a failure, and say so.
 */
export async function main(args: readonly string[]): Promise<void> {
  const known = phases(root);
  if (args.includes('--list')) {
    for (const { name, what } of known) console.log(`${name.padEnd(8)}${what}`);
    return;
  }
  const unknown = args.filter((arg) => !known.some(({ name }) => name === arg));
  if (unknown.length > 0) {
    console.error(
      `error: unknown phase ${unknown.join(' ')}; known: ${known.map(({ name }) => name).join(' ')}`,
    );
    process.exitCode = 2;
    return;
  }
  const totals = noTotals(path.join(cacheDirectory(), 'second-chances'));
  const { tally } = totals;
  const nightly = process.env.NETMAP_NIGHTLY === '1';
  const wanted = known.filter((phase) =>
    args.length === 0 ? nightly || phase.nightly !== true : args.includes(phase.name),
  );
  for (const phase of wanted) {
    if (phase.slow && tally.failed > 0) {
      console.log(`\n== ${phase.name}: not run, because tests failed before it`);
      continue;
    }
    const started = performance.now();
    await runPhase(phase, totals);
    totals.phases.push({ name: phase.name, ms: performance.now() - started });
  }
  const report = [...describeDurations(totals.phases, totals.files), ...totals.chances.summary()];
  console.log(`\n${report.join('\n')}`);
  console.log(
    `\n${tally.passed} passed, ${tally.failed} failed${tally.skipped === 0 ? '' : `, ${tally.skipped} skipped`}`,
  );
  process.exitCode = tally.failed > 0 ? 1 : 0;
}

/** Nothing yet; `folder` holds the list of second chances. */
export function noTotals(folder: string): Totals {
  return {
    tally: { passed: 0, failed: 0, skipped: 0 },
    chances: secondChances(folder),
    phases: [],
    files: [],
  };
}

async function runPhase(phase: Phase, totals: Totals): Promise<void> {
  const { tally } = totals;
  console.log(`\n== ${phase.name}: ${phase.what}`);
  const missing = provide(phase.needs);
  if (missing.length > 0) {
    console.log(`FAIL ${phase.name}: these Debian packages are missing: ${missing.join(' ')}`);
    console.log(`to do: sudo apt-get install ${missing.join(' ')}`);
    tally.failed++;
    return;
  }
  for (const command of phase.commands ?? []) runCommand(command, tally);
  const files = testFiles(phase.folders ?? [], phase.first ?? []);
  if (files.length === 0) {
    if (phase.folders === undefined) return;
    console.log(`FAIL ${phase.name}: there are no tests in test/{${phase.folders.join(',')}}`);
    tally.failed++;
    return;
  }
  await runFiles(phase, files, totals);
}

/** Runs test files of a phase, and once more what the phase allows. */
export async function runFiles(
  phase: Pick<Phase, 'concurrency' | 'secondChances' | 'strict'>,
  files: readonly string[],
  totals: Totals,
): Promise<void> {
  const outcome = await follow(
    run({ files: [...files], concurrency: phase.concurrency ?? DEFAULT_CONCURRENCY }),
    root,
  );
  add(totals.tally, outcome.tally);
  for (const [file, { ms }] of outcome.files)
    if (file !== undefined) totals.files.push({ name: path.relative(root, file), ms });
  await runAgain(phase, outcome, totals);
}

/**
 * Files that failed beside others run once more, alone. When they pass now, that goes on the list of second chances;
 * and unless the phase is strict, their failures become passes.
 */
async function runAgain(
  phase: Pick<Phase, 'secondChances' | 'strict'>,
  outcome: Outcome,
  { tally, chances }: Totals,
): Promise<void> {
  const failed = [...outcome.files].filter(([, { failures }]) => failures > 0);
  if (failed.length > (phase.secondChances ?? 0)) return;
  for (const [file, first] of failed) {
    if (file === undefined || !(await passesAlone(file))) continue;
    keep(path.relative(root, file), first, chances);
    if (phase.strict) continue;
    tally.failed -= first.failures;
    tally.passed += first.failures;
  }
}

async function passesAlone(file: string): Promise<boolean> {
  console.log(`\n== once more, by itself: ${path.relative(root, file)}`);
  const { tally } = await follow(run({ files: [file], concurrency: 1 }), root);
  return tally.failed === 0 && tally.passed > 0;
}

function keep(file: string, { failures, output }: FileOutcome, chances: SecondChances): void {
  const { log } = chances.add(file, failures, output);
  console.log(`flaky: ${failures} failed beside other tests and passed alone; the first outcome: ${log}`);
}

function runCommand(command: readonly string[], tally: Tally): void {
  const [file, ...args] = command as [string, ...string[]];
  const result = spawnSync(file, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const title = [path.basename(file), ...args].join(' ');
  if (result.status === 0) {
    tally.passed++;
    console.log(`ok   ${title}`);
    return;
  }
  tally.failed++;
  console.log(`FAIL ${title}\n${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`);
}

function testFiles(folders: readonly string[], first: readonly string[]): string[] {
  const rank = (name: string): number => {
    const at = first.indexOf(path.basename(name, '.test.js'));
    return at < 0 ? first.length : at;
  };
  return folders.flatMap((folder) => {
    const directory = path.join(root, 'dist', 'test', folder);
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.js'))
      .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
      .map((name) => path.join(directory, name));
  });
}
