import assert from 'node:assert/strict';
import { NetmapError } from '../../src/core/errors.js';
import { realFiles } from '../../src/core/files.js';
import { createRunner } from '../../src/core/runner.js';
import type { Tools } from '../../src/core/tools.js';
import { obtainKernel } from '../../src/lab/vm/debian-kernel.js';
import type { KernelSeries } from '../../src/lab/vm/kernel-packages.js';
import { runVm, type VmSpec, type VmVerdict } from '../../src/lab/vm/vm.js';

/** The real thing: children, files, and a kernel of the cache (fetched by the first test that wants it). */
export function vmDeps(signal?: AbortSignal): Tools {
  return { runner: createRunner(signal), files: realFiles, ...(signal === undefined ? {} : { signal }) };
}

/** Runs a script in a VM with a Debian kernel; see VmSpec for what else can be given. */
export async function runInVm(
  series: KernelSeries,
  spec: Omit<VmSpec, 'kernel'>,
  deps: Tools = vmDeps(),
): Promise<VmVerdict> {
  return runVm({ ...spec, kernel: await obtainKernel(series, deps) }, deps);
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
