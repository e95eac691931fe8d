/**
 * Instructions that a packet takes on every path: sender, kernel and receiver together. One virtual processor whose clock
 * counts instructions (QEMU's -icount), so that the figures are the same from run to run, on a busy host too. One JSON
 * document; status 1 when a figure is more than 3 % above the one in `bench/instructions.json`.
 *
 *     node dist/bench/instructions.js [--update] [SERIES [SECONDS]]        default: 6.12 3
 *
 * SECONDS are virtual ones, 10^9 instructions each. `--update` writes the figures to `bench/instructions.json`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../src/core/paths.js';
import { type KernelSeries, kernelSeries } from '../src/lab/vm/kernel-packages.js';
import { runRates } from './rates.js';

const INSTRUCTIONS_A_SECOND = 1e9;
const TOLERANCE = 1.03;
const COMMITTED = path.join(packageRoot, 'bench', 'instructions.json');

/** Kernel series -> case -> instructions a packet. */
const figuresSchema = z.record(z.string(), z.record(z.string(), z.number()));

interface Row {
  readonly name: string;
  readonly instructions: number;
  readonly committed?: number;
  readonly ratio?: number;
}

const words = process.argv.slice(2);
const update = words.includes('--update');
const [seriesWord = '6.12', secondsWord = '3'] = words.filter((word) => word !== '--update');
const series = z
  .string()
  .refine((name): name is KernelSeries => name in kernelSeries, 'no kernel series of the lab')
  .parse(seriesWord);
const seconds = z.coerce.number().int().min(3).parse(secondsWord);

const run = await runRates(
  {
    name: 'instructions',
    machine: {
      cpus: 1,
      countInstructions: true,
      availableModules: ['veth', 'e1000'],
      nics: [{ model: 'e1000' }],
      timeoutMs: 1_800_000,
    },
  },
  series,
  seconds,
);
const committed = figuresSchema.parse(JSON.parse(await readFile(COMMITTED, 'utf8').catch(() => '{}')));
const rows = rowsOf(run.data, committed[series] ?? {});
console.log(JSON.stringify({ kernel: run.release, seconds, cases: rows }, null, 2));
if (update) {
  const figures = Object.fromEntries(rows.map(({ name, instructions }) => [name, instructions]));
  await writeFile(COMMITTED, `${JSON.stringify({ ...committed, [series]: figures }, null, 2)}\n`);
} else if (rows.some(({ ratio }) => ratio !== undefined && ratio > TOLERANCE)) {
  process.exitCode = 1;
}

/** A packet counts where it is received; in a case without receivers, where it is sent. */
function rowsOf(data: Readonly<Record<string, string>>, before: Readonly<Record<string, number>>): Row[] {
  const names = Object.keys(data).flatMap((key) =>
    key.endsWith('.tx') ? [key.slice(0, -'.tx'.length)] : [],
  );
  return names.map((name) => {
    const instructions = round(INSTRUCTIONS_A_SECOND / Number(data[`${name}.rx`] ?? data[`${name}.tx`]));
    const figure = before[name];
    if (figure === undefined) return { name, instructions };
    return { name, instructions, committed: figure, ratio: round(instructions / figure) };
  });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
