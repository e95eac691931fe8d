/**
 * CPU time and interrupts of sending 60-byte frames on the software RTL8168h and RTL8125B: natively, and with a
 * sendmmsg() loop through the stock driver of the same kernel. One JSON document; status 1 when native sending costs
 * more than a third of the CPU time per frame, or more than one interrupt per 32 frames.
 *
 *     node dist/bench/r8169-send.js [SERIES...]        default: 6.1 6.12
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { realFiles } from '../src/core/files.js';
import { packageRoot } from '../src/core/paths.js';
import { createRunner } from '../src/core/runner.js';
import { buildNetmap } from '../src/lab/demo/build.js';
import { parseTraffic, type Traffic } from '../src/lab/demo/result.js';
import { obtainKernel } from '../src/lab/vm/debian-kernel.js';
import type { KernelSeries } from '../src/lab/vm/kernel-packages.js';
import { runVm } from '../src/lab/vm/vm.js';

const NATIVE = 2_000_000;
const STOCK = 400_000;
const MOST_CPU = 1 / 3;
const LEAST_FRAMES_PER_INTERRUPT = 32;

const deps = { runner: createRunner(), files: realFiles };
const perFrame = (traffic: Traffic) => (traffic.cpuSeconds / traffic.sent) * 1e6;

async function measure(series: KernelSeries, chip: '8168h' | '8125b') {
  const kernel = await obtainKernel(series, deps);
  const build = await buildNetmap(kernel, deps);
  const script = await readFile(path.join(packageRoot, 'bench', 'r8169-send.sh'), 'utf8');
  const verdict = await runVm(
    {
      name: 'bench-send',
      kernel,
      script: `NATIVE=${NATIVE}\nSTOCK=${STOCK}\n${script}`,
      modules: ['realtek', 'mdio_devres'],
      availableModules: ['r8169', 'af_packet'],
      files: {
        '/netmap.ko': { host: build.netmap },
        '/r8169.ko': { host: build.r8169 },
        '/measure.sh': { host: path.join(packageRoot, 'lab', 'guest', 'measure.sh') },
      },
      programs: ['ip', build.pktGen, build.pktsock],
      nics: [{ model: 'rtl8168', chip }],
      memoryMb: 1024,
      timeoutMs: 300_000,
    },
    deps,
  );
  const native = parseTraffic('native', verdict.data);
  const stock = parseTraffic('stock', verdict.data);
  return {
    kernel: kernel.release,
    chip,
    native: { ...native, cpuMicrosecondsPerFrame: perFrame(native) },
    stock: { ...stock, cpuMicrosecondsPerFrame: perFrame(stock) },
    cpuRatio: perFrame(native) / perFrame(stock),
    framesPerInterrupt: native.sent / Math.max(1, native.interrupts),
  };
}

const given = process.argv.slice(2) as KernelSeries[];
const results = [];
for (const series of given.length > 0 ? given : (['6.1', '6.12'] as const)) {
  for (const chip of ['8168h', '8125b'] as const) results.push(await measure(series, chip));
}
console.log(
  JSON.stringify(
    { mostCpu: MOST_CPU, leastFramesPerInterrupt: LEAST_FRAMES_PER_INTERRUPT, results },
    null,
    2,
  ),
);
const good = results.every(
  (result) => result.cpuRatio <= MOST_CPU && result.framesPerInterrupt >= LEAST_FRAMES_PER_INTERRUPT,
);
process.exitCode = good ? 0 : 1;
