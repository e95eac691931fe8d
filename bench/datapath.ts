/**
 * Rates of switches and pipes in a VM, two processors, 60-byte frames unless the name says otherwise. One JSON
 * document. Run it on a quiet machine: a receiver that the host does not let run drops what comes meanwhile.
 *
 *     node dist/bench/datapath.js [SERIES [SECONDS]]        default: 6.12 10
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { buildNetmap } from '../src/demo/build.js';
import { realFiles } from '../src/system/files.js';
import { packageRoot } from '../src/system/paths.js';
import { createRunner } from '../src/system/runner.js';
import { obtainKernel } from '../src/vm/debian-kernel.js';
import type { KernelSeries } from '../src/vm/kernel-packages.js';
import { runVm } from '../src/vm/vm.js';

const deps = { runner: createRunner(), files: realFiles };
const series = (process.argv[2] ?? '6.12') as KernelSeries;
const seconds = Number(process.argv[3] ?? 10);
const CASES = 8;

const kernel = await obtainKernel(series, deps);
const build = await buildNetmap(kernel, deps);
const script = await readFile(path.join(packageRoot, 'bench', 'datapath.sh'), 'utf8');
const verdict = await runVm(
  {
    name: 'bench-datapath',
    kernel,
    script: `SECONDS_EACH=${seconds}\n${script}`,
    files: { '/netmap.ko': { host: build.netmap } },
    programs: ['ip', build.pktGen],
    kernelArgs: ['mitigations=off'],
    cpus: 2,
    memoryMb: 1024,
    timeoutMs: (CASES * (seconds + 5) + 60) * 1000,
  },
  deps,
);

const rates: Record<string, Record<string, number>> = {};
for (const [key, value] of Object.entries(verdict.data)) {
  const [name, way] = key.split('.');
  if (name === undefined || (way !== 'tx' && way !== 'rx')) continue;
  rates[name] = { ...rates[name], [way]: Number(value) };
}
console.log(JSON.stringify({ kernel: kernel.release, seconds, packetsPerSecond: rates }, null, 2));
