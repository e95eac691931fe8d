import { createHash } from 'node:crypto';
import path from 'node:path';
import { withLock } from '../../core/lock.js';
import { cacheDirectory, packageRoot } from '../../core/paths.js';
import type { Tools } from '../../core/tools.js';

const SOURCE = path.join(packageRoot, 'lab', 'guest', 'tsc-khz.c');

/** Below and above this a reading is taken for a failure of the host. */
const PLAUSIBLE_KHZ = { least: 100_000, most: 20_000_000 };

/**
 * What a guest's kernel must be told for its clock to be right. Under TCG the guest's time stamp counter is the host's. A
 * guest measures it against emulated timers when it boots, and on a busy host can be wrong by any factor (13 was seen), which
 * the kernel then believes. Measured here it is right on any host, in 30 ms: see tsc-khz.c. Kernels since 5.9 take it
 * (Documentation/admin-guide/kernel-parameters.txt); nothing is said where it cannot be measured.
 */
export async function clockArguments(deps: Tools): Promise<string[]> {
  const program = await measuringProgram(deps);
  if (program === undefined) return [];
  const result = await deps.runner.run({ file: program, args: [], allowFailure: true });
  const khz = result.exitCode === 0 ? parseKhz(result.stdout) : undefined;
  return khz === undefined ? [] : [`tsc_early_khz=${khz}`];
}

/** A frequency in kHz that a machine can have; undefined for anything else. */
export function parseKhz(text: string): number | undefined {
  if (!/^\d+\n?$/.test(text)) return undefined;
  const khz = Number(text);
  return khz >= PLAUSIBLE_KHZ.least && khz <= PLAUSIBLE_KHZ.most ? khz : undefined;
}

/** The program, built once for each state of its source; undefined on a host that cannot build it (no x86_64, no compiler). */
async function measuringProgram(deps: Tools): Promise<string | undefined> {
  const key = createHash('sha256').update(await deps.files.readBytes(SOURCE));
  const program = path.join(cacheDirectory(), 'host-programs', `tsc-khz-${key.digest('hex').slice(0, 16)}`);
  if (await deps.files.exists(program)) return program;
  return withLock(
    `${program}.lock`,
    async () => {
      if (await deps.files.exists(program)) return program;
      const temporary = `${program}.${process.pid}.tmp`;
      try {
        const built = await deps.runner.run({
          file: 'cc',
          args: ['-O2', '-o', temporary, SOURCE],
          allowFailure: true,
        });
        if (built.exitCode !== 0) return undefined;
        await deps.files.rename(temporary, program);
        return program;
      } finally {
        await deps.files.remove(temporary);
      }
    },
    deps.signal,
  );
}
