import { NetmapError } from '../core/errors.js';
import type { Runner } from '../core/runner.js';

/** Programs that configuring and building cannot do without, and the Debian package each comes from. */
const PROGRAMS = [
  { file: 'make', args: ['--version'], package: 'make' },
  { file: 'patch', args: ['--version'], package: 'patch' },
] as const;

/** @throws NetmapError `program-missing` naming what to install. */
export async function checkPrograms(runner: Runner): Promise<void> {
  const results = await Promise.all(
    PROGRAMS.map(async (program) => ({
      program,
      status: (await runner.run({ file: program.file, args: program.args, allowFailure: true })).exitCode,
    })),
  );
  const missing = results.filter(({ status }) => status !== 0).map(({ program }) => program);
  if (missing.length === 0) return;
  throw new NetmapError({
    code: 'program-missing',
    what: `cannot run ${missing.map(({ file }) => file).join(' and ')}`,
    why: 'the program is not installed, or not in PATH',
    mend: `apt-get install ${missing.map((program) => program.package).join(' ')}`,
  });
}

/**
 * The machine that the user-space compiler makes code for (`x86_64-linux-gnu`), or why that is unknown.
 * `command` may hold flags, as in `--cc="gcc -m32"`.
 */
export async function compilerMachine(
  command: string,
  runner: Runner,
): Promise<{ machine?: string; why?: string }> {
  const [file, ...flags] = command.split(/\s+/).filter((word) => word !== '');
  if (file === undefined) return { why: 'no compiler is named' };
  const result = await runner.run({ file, args: [...flags, '-dumpmachine'], allowFailure: true });
  if (result.exitCode !== 0) return { why: `${file} -dumpmachine failed` };
  return { machine: result.stdout.trim() };
}
