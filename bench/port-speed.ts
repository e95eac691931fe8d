/**
 * How long a port takes without compiling: reading the driver, placing every hook, all static gates, and the
 * proof that the patch applies without fuzz. One JSON document; status 1 when a kernel is refused or takes longer
 * than 5 s.
 *
 *     node dist/bench/port-speed.js [KERNEL-SOURCES...]     default: the kernels unpacked for the VM tests
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { realFiles } from '../src/core/files.js';
import { cacheDirectory, packageRoot } from '../src/core/paths.js';
import { createRunner } from '../src/core/runner.js';
import { loadManifest } from '../src/facts/drivers/manifest.js';
import { placeByRules } from '../src/porting/place/configure.js';

const ROUNDS = 5;
const LIMIT_MS = 5000;

function cachedTrees(): string[] {
  const directory = path.join(cacheDirectory(), 'kernels');
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .map((series) => path.join(directory, series, 'kernel.json'))
    .filter((file) => existsSync(file))
    .map((file) => (JSON.parse(readFileSync(file, 'utf8')) as { sourceDir: string }).sourceDir);
}

const folder = path.join(packageRoot, 'drivers/realtek');
const manifest = await loadManifest(folder, realFiles);
const tools = { runner: createRunner(), files: realFiles };
const trees = process.argv.length > 2 ? process.argv.slice(2) : cachedTrees();
const results = [];
for (const tree of trees) {
  const times: number[] = [];
  let state = '';
  let hooks = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    const placed = await placeByRules(manifest, tree, path.join(folder, 'manifest.json'), tools);
    times.push(performance.now() - started);
    state = placed.state;
    hooks = placed.plan.placements.length;
  }
  times.sort((a, b) => a - b);
  const at = (index: number): number => Math.round(times[index] ?? 0);
  results.push({ tree: path.basename(tree), state, hooks, medianMs: at(ROUNDS >> 1), maxMs: at(ROUNDS - 1) });
}
process.stdout.write(
  `${JSON.stringify({ driver: manifest.name, limitMs: LIMIT_MS, rounds: ROUNDS, results }, null, 2)}\n`,
);
const good =
  results.length > 0 && results.every(({ state, maxMs }) => state === 'placed' && maxMs <= LIMIT_MS);
process.exitCode = good ? 0 : 1;
