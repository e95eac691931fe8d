import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { run } from 'node:test';
import { packageRoot as root } from '../src/core/paths.js';
import { provide } from './packages.js';
import { type Phase, phases } from './phases.js';
import { add, follow, type Tally } from './reporter.js';

const DEFAULT_CONCURRENCY = 2;

/**
 * `npm test [-- PHASE...]`. The last line is `N passed, N failed` and, when there are any, `, N skipped`;
 * the exit status is 1 when something failed. Slow phases do not start after a failure, and say so.
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
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  const nightly = process.env.NETMAP_NIGHTLY === '1';
  const wanted = known.filter((phase) =>
    args.length === 0 ? nightly || phase.nightly !== true : args.includes(phase.name),
  );
  for (const phase of wanted) {
    if (phase.slow && tally.failed > 0) {
      console.log(`\n== ${phase.name}: not run, because tests failed before it`);
      continue;
    }
    await runPhase(phase, tally);
  }
  console.log(
    `\n${tally.passed} passed, ${tally.failed} failed${tally.skipped === 0 ? '' : `, ${tally.skipped} skipped`}`,
  );
  process.exitCode = tally.failed > 0 ? 1 : 0;
}

async function runPhase(phase: Phase, tally: Tally): Promise<void> {
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
  const stream = run({ files, concurrency: phase.concurrency ?? DEFAULT_CONCURRENCY });
  const { tally: first, failures } = await follow(stream, root);
  add(tally, first);
  if (failures.size > 0 && failures.size <= (phase.secondChances ?? 0)) await runAgain(failures, tally);
}

/** Files that failed beside others, alone: when they pass now, their failures become passes. */
async function runAgain(failures: ReadonlyMap<string | undefined, number>, tally: Tally): Promise<void> {
  for (const [file, count] of failures) {
    if (file === undefined) continue;
    console.log(`\n== once more, by itself: ${path.relative(root, file)}`);
    const { tally: second } = await follow(run({ files: [file], concurrency: 1 }), root);
    if (second.failed > 0 || second.passed === 0) continue;
    console.log(`flaky: ${count} failed beside other tests and passed alone`);
    tally.failed -= count;
    tally.passed += count;
  }
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
