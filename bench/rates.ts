import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { realFiles } from '../src/core/files.js';
import { packageRoot } from '../src/core/paths.js';
import { createRunner } from '../src/core/runner.js';
import { buildNetmap } from '../src/lab/demo/build.js';
import { obtainKernel } from '../src/lab/vm/debian-kernel.js';
import type { KernelSeries } from '../src/lab/vm/kernel-packages.js';
import { runVm, type VmSpec } from '../src/lab/vm/vm.js';

/** Packets per second of the original, measured in the same machine: see docs/performance.md. */
export type Baseline = Readonly<Record<string, { readonly tx?: number; readonly rx?: number }>>;

interface Side {
  readonly packetsPerSecond: number;
  readonly baseline?: number;
  readonly ratio?: number;
}

export interface RateBenchmark {
  /** `bench/<name>.sh`; rates.sh goes before it. */
  readonly name: string;
  readonly baseline: Baseline;
  readonly configure?: readonly string[];
  readonly machine?: Partial<VmSpec>;
}

/**
 * Runs a rate benchmark in a VM with two processors and prints one JSON document: packets per second of each case and
 * side, the baseline's figure where there is one, and the ratio. The words of the command line are the kernel series
 * (6.12) and the seconds of each case (10). The load that the host had before is told: above 0.5 the figures are too low,
 * and a receiver that the host does not let run drops what comes meanwhile.
 *
 * @throws NetmapError as the build and the VM fail
 */
export async function measureRates(benchmark: RateBenchmark): Promise<void> {
  const series = (process.argv[2] ?? '6.12') as KernelSeries;
  const seconds = Number(process.argv[3] ?? 10);
  const { release, hostLoad, data } = await runRates(benchmark, series, seconds);
  const rates = ratesOf(data, benchmark.baseline);
  console.log(JSON.stringify({ kernel: release, seconds, hostLoad, rates }, null, 2));
}

/** What the guest measured: `<case>.tx` and `<case>.rx` in packets per second, `<case>.txCpuPercent`. */
export interface RateRun {
  readonly release: string;
  readonly hostLoad: number;
  readonly data: Readonly<Record<string, string>>;
}

/** One run of a rate benchmark. @throws NetmapError as the build and the VM fail */
export async function runRates(
  benchmark: Omit<RateBenchmark, 'baseline'>,
  series: KernelSeries,
  seconds: number,
): Promise<RateRun> {
  const deps = { runner: createRunner(), files: realFiles };
  const kernel = await obtainKernel(series, deps);
  const build = await buildNetmap(kernel, deps, ['--enable-sink', ...(benchmark.configure ?? [])]);
  const read = (name: string) => readFile(path.join(packageRoot, 'bench', name), 'utf8');
  const cases = await read(`${benchmark.name}.sh`);
  const hostLoad = os.loadavg()[0] ?? 0;
  const verdict = await runVm(
    {
      name: `bench-${benchmark.name}`,
      kernel,
      script: `SECONDS_EACH=${seconds}\n${await read('rates.sh')}\n${cases}`,
      files: { '/netmap.ko': { host: build.netmap } },
      programs: ['ip', build.pktGen],
      kernelArgs: ['mitigations=off', 'ipv6.disable=1'],
      cpus: 2,
      memoryMb: 1024,
      timeoutMs: (cases.split('\ncase_of ').length * (seconds + 5) + 60) * 1000,
      ...benchmark.machine,
    },
    deps,
  );
  return { release: kernel.release, hostLoad, data: verdict.data };
}

function ratesOf(data: Readonly<Record<string, string>>, baseline: Baseline) {
  const rates: Record<string, Record<string, Side | number>> = {};
  for (const [key, value] of Object.entries(data)) {
    const [name, what] = key.split('.');
    if (name === undefined || what === undefined || name === 'boot') continue;
    const side =
      what === 'tx' || what === 'rx' ? sideOf(Number(value), baseline[name]?.[what]) : Number(value);
    rates[name] = { ...rates[name], [what]: side };
  }
  return rates;
}

function sideOf(packetsPerSecond: number, baseline: number | undefined): Side {
  if (baseline === undefined) return { packetsPerSecond };
  return { packetsPerSecond, baseline, ratio: Math.round((packetsPerSecond / baseline) * 100) / 100 };
}
