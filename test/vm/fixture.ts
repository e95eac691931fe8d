import assert from 'node:assert/strict';
import { NetmapError } from '../../src/core/errors.js';
import { realFiles } from '../../src/core/files.js';
import { createRunner } from '../../src/core/runner.js';
import type { Tools } from '../../src/core/tools.js';
import { type DebianKernel, obtainKernel } from '../../src/lab/vm/debian-kernel.js';
import { debugKernels, obtainDebugKernel } from '../../src/lab/vm/debug-kernel.js';
import type { KernelSeries } from '../../src/lab/vm/kernel-packages.js';
import { runVm, type VmSpec, type VmVerdict } from '../../src/lab/vm/vm.js';

/** The real thing: children, files, and a kernel of the cache (fetched by the first test that wants it). */
export function vmDeps(signal?: AbortSignal): Tools {
  return { runner: createRunner(signal), files: realFiles, ...(signal === undefined ? {} : { signal }) };
}

/** `NETMAP_DEBUG_KERNEL=kasan` runs the tests on a debug kernel of their series. */
const wanted = process.env.NETMAP_DEBUG_KERNEL;
const debugKind = debugKernels.find((kind) => kind === wanted);
assert.equal(debugKind, wanted, `NETMAP_DEBUG_KERNEL is one of ${debugKernels.join(', ')}`);

/** KASAN's shadow and the records of lockdep and kmemleak take memory, and each access several times as long. */
const DEBUG_MEMORY_MB = 3072;
const DEBUG_PATIENCE = 5;

/** The kernel that tests of a series run on: Debian's, or the debug kernel made from its sources. */
export async function testKernel(series: KernelSeries, deps: Tools): Promise<DebianKernel> {
  return debugKind === undefined ? obtainKernel(series, deps) : obtainDebugKernel(debugKind, series, deps);
}

/** runVm, with what a debug kernel needs beside. */
export async function bootForTest(spec: VmSpec, deps: Tools): Promise<VmVerdict> {
  if (debugKind === undefined) return runVm(spec, deps);
  return runVm(
    {
      ...spec,
      memoryMb: Math.max(spec.memoryMb ?? 0, DEBUG_MEMORY_MB),
      timeoutMs: (spec.timeoutMs ?? 120_000) * DEBUG_PATIENCE,
      kernelArgs: [...(spec.kernelArgs ?? []), 'kasan_multi_shot', 'nokaslr'],
    },
    deps,
  );
}

/** Runs a script in a VM with a Debian kernel; see VmSpec for what else can be given. */
export async function runInVm(
  series: KernelSeries,
  spec: Omit<VmSpec, 'kernel'>,
  deps: Tools = vmDeps(),
): Promise<VmVerdict> {
  return bootForTest({ ...spec, kernel: await testKernel(series, deps) }, deps);
}

/** For assert.rejects: a NetmapError of that code, and whatever else must hold. */
export function problem(code: string, holds: (error: NetmapError) => void = () => undefined) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof NetmapError, String(error));
    assert.equal(error.code, code, `${error.message}\n${error.problem.why}`);
    holds(error);
    return true;
  };
}
