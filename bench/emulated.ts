/**
 * Rates of emulated ports (veth, e1000) in a VM, two processors, 60-byte frames, and the processor time that the sender
 * takes. One JSON document. Run it on a quiet machine.
 *
 *     node dist/bench/emulated.js [SERIES [SECONDS]]        default: 6.12 10
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
const CASES = 3;

const kernel = await obtainKernel(series, deps);
const build = await buildNetmap(kernel, deps, ['--enable-sink', '--enable-extmem']);
const script = await readFile(path.join(packageRoot, 'bench', 'emulated.sh'), 'utf8');
const verdict = await runVm(
  {
    name: 'bench-emulated',
    kernel,
    script: `SECONDS_EACH=${seconds}\n${script}`,
    files: { '/netmap.ko': { host: build.netmap } },
    availableModules: ['veth', 'e1000'],
    programs: ['ip', build.pktGen],
    nics: [{ model: 'e1000' }],
    kernelArgs: ['mitigations=off', 'ipv6.disable=1'],
    cpus: 2,
    memoryMb: 1024,
    timeoutMs: (CASES * (seconds + 5) + 60) * 1000,
  },
  deps,
);

const rates: Record<string, Record<string, number>> = {};
for (const [key, value] of Object.entries(verdict.data)) {
  const [name, what] = key.split('.');
  if (name === undefined || what === undefined || name === 'boot') continue;
  rates[name] = { ...rates[name], [what]: Number(value) };
}
console.log(JSON.stringify({ kernel: kernel.release, seconds, rates }, null, 2));
