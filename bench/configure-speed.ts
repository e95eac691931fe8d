/*
 * How long configuring and building take, beside what they may take:
 *
 *     node dist/bench/configure-speed.js [--json]
 *
 * Debian's 6.12 headers and sources come from the cache of obtainKernel. Each first run has an empty cache of answers.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { realFiles } from '../src/core/files.js';
import { packageRoot } from '../src/core/paths.js';
import { createRunner } from '../src/core/runner.js';
import { obtainKernel } from '../src/lab/vm/debian-kernel.js';

const program = path.join(packageRoot, 'bin/netmap-configure.js');

/** One measurement; limits are on an idle machine with two processors. */
interface Row {
  readonly what: string;
  readonly seconds: number;
  /** Processor time of the whole process tree: hardly depends on what else the machine does. */
  readonly cpu: number;
  readonly limit: number;
}

const kernel = await obtainKernel('6.12', { runner: createRunner(), files: realFiles });
const root = mkdtempSync(path.join(os.tmpdir(), 'netmap-bench-'));
const rows: Row[] = [];
const where = [`--kernel-dir=${kernel.buildDir}`, `--kernel-sources=${kernel.sourceDir}`, '--no-ext-drivers'];

/** Runs to the end; statuses other than those allowed are failures of the benchmark. */
function measure(
  what: string,
  limit: number,
  command: readonly string[],
  cache: string,
  allowed = [0],
): void {
  const started = performance.now();
  const timed = ['-c', 'TIMEFORMAT="%U %S"; time "$@"', 'bash', ...command];
  const result = spawnSync('bash', timed, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NETMAP_CACHE_DIR: path.join(root, cache) },
  });
  const seconds = (performance.now() - started) / 1000;
  if (!allowed.includes(result.status ?? -1)) throw new Error(`${what}: ${result.stdout}${result.stderr}`);
  const times = (result.stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  rows.push({ what, seconds, cpu: (times[0] ?? 0) + (times[1] ?? 0), limit });
}

try {
  const one = [...where, '--drivers=realtek'];
  // The limit is that of a program that was used before: its files are in memory.
  spawnSync(process.execPath, [program, '--help']);
  measure('help', 0.15, [process.execPath, program, '--help'], 'one');
  measure('configure, first run, realtek', 5, [process.execPath, program, ...one], 'one');
  measure('configure again', 1, [process.execPath, program, ...one], 'one');
  measure('make of the core', 8, ['make', 'core'], 'one');
  measure('make of the core again', 1, ['make', 'core'], 'one');
  measure('configure again without drivers', 1, [process.execPath, program, ...where, '--no-drivers'], 'one');
  measure('make clean', 5, ['make', 'clean'], 'one');
  measure('make of core, library and applications', 15, ['make'], 'one');
  measure('the same again', 2, ['make'], 'one');
  measure('configure, first run, all drivers', 10, [process.execPath, program, ...where], 'all');
} finally {
  rmSync(root, { recursive: true, force: true });
}

if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ kernel: kernel.release, load: os.loadavg()[0], rows }, null, 2));
} else {
  for (const { what, seconds, cpu, limit } of rows) {
    const verdict = seconds <= limit ? 'ok' : 'TOO SLOW';
    console.log(
      `${what.padEnd(36)}${seconds.toFixed(2).padStart(7)} s, ${cpu.toFixed(2)} s of processor (limit ${limit} s)  ${verdict}`,
    );
  }
  console.log(`load of the machine: ${os.loadavg()[0]?.toFixed(1)}`);
}
process.exitCode = rows.every(({ seconds, limit }) => seconds <= limit) ? 0 : 1;
