import os from 'node:os';
import path from 'node:path';
import { NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import type { Runner } from '../../core/runner.js';
import { instantiate } from '../../core/template.js';
import type { KernelTree } from '../kernel-tree/tree.js';
import { type Answer, readAnswers } from './answers.js';
import { batchSource } from './batch.js';
import { type ProbeCache, type ProbeOutput, parseDependencies } from './cache.js';
import type { Probe } from './probe.js';
import { coreProbes } from './table-core.js';
import { netProbes } from './table-net.js';

/** Every feature question, in the order in which the classic tool asked them. */
export const allProbes: readonly Probe[] = [...netProbes, ...coreProbes];

/** Warnings that some kernel or vendor code raises and that must not be errors, newest last. */
const WARNING_NAMES = [
  'unused-but-set-variable',
  'attributes',
  'packed-not-aligned',
  'stringop-truncation',
  'missing-attributes',
  'format-truncation',
  'maybe-uninitialized',
  'unused-variable',
  'unused-label',
  'implicit-fallthrough',
  'enum-int-mismatch',
  'missing-prototypes',
];

const EMPTY_MODULE =
  '#include <linux/module.h>\nMODULE_DESCRIPTION("netmap probe");\nMODULE_LICENSE("GPL");\n';

export interface ProbeResult {
  readonly answers: readonly Answer[];
  /** Warning names that the kernel's compiler knows. */
  readonly warnings: readonly string[];
  readonly cached: boolean;
}

export interface ProbeRequest {
  readonly kernel: KernelTree;
  readonly kernelOpts: readonly string[];
  /** `netmap-tmpdir` in the build folder; wiped first, left behind. */
  readonly directory: string;
  readonly packageRoot: string;
  readonly logFile: string;
}

/**
 * Asks the kernel's headers everything in one kbuild run, or takes the answers from the cache.
 *
 * @throws NetmapError `no-module-builds` when not even an empty module can be built for this kernel.
 */
export async function probeKernel(
  request: ProbeRequest,
  cache: ProbeCache,
  runner: Runner,
  files: Files,
): Promise<ProbeResult> {
  const { kbuild, source } = await probeText(request.packageRoot, files);
  const question = [request.kernel.buildDir, ...request.kernelOpts, kbuild, source];

  const known = await cache.find(question);
  const output = known ?? (await ask(request, kbuild, source, runner, files));
  const answers = readAnswers(allProbes, output.answers);
  if (known === undefined) await remember(request, question, output, cache, files);
  return {
    answers,
    warnings: output.warnings.split('\n').filter((name) => WARNING_NAMES.includes(name)),
    cached: known !== undefined,
  };
}

/** What one kbuild run asks: a Kbuild, the questions, and a module that must build. */
export async function probeText(
  packageRoot: string,
  files: Files,
): Promise<{ readonly kbuild: string; readonly source: string; readonly emptyModule: string }> {
  const template = (await files.read(path.join(packageRoot, 'templates/probe-Kbuild.in'))) ?? '';
  return {
    kbuild: instantiate(template, { WARNING_NAMES: WARNING_NAMES.join(' ') }),
    source: batchSource(allProbes),
    emptyModule: EMPTY_MODULE,
  };
}

async function ask(
  request: ProbeRequest,
  kbuild: string,
  source: string,
  runner: Runner,
  files: Files,
): Promise<ProbeOutput> {
  const { directory, kernel } = request;
  await files.remove(directory);
  await files.write(path.join(directory, 'Kbuild'), kbuild);
  await files.write(path.join(directory, 'netmap_probe.c'), EMPTY_MODULE);
  await files.write(path.join(directory, 'probes.c'), source);
  const jobs = `-j${os.availableParallelism()}`;
  const make = await runner.run({
    file: 'make',
    args: ['-k', jobs, '-O', '-C', kernel.buildDir, `M=${directory}`, ...request.kernelOpts, 'modules'],
    env: { LC_ALL: 'C', MAKEFLAGS: undefined, MAKELEVEL: undefined },
    logFile: request.logFile,
    allowFailure: true,
  });
  const answers = await files.read(path.join(directory, 'answers.txt'));
  if (
    make.exitCode !== 0 ||
    answers === undefined ||
    !(await files.exists(path.join(directory, 'netmap_probe.ko')))
  ) {
    throw nothingBuilds(request, `${make.stdout}\n${make.stderr}`);
  }
  return { answers, warnings: (await files.read(path.join(directory, 'warnings.txt'))) ?? '' };
}

async function remember(
  request: ProbeRequest,
  question: readonly string[],
  output: ProbeOutput,
  cache: ProbeCache,
  files: Files,
): Promise<void> {
  const { directory, kernel } = request;
  const compiler = ((await files.read(path.join(directory, 'compiler.txt'))) ?? '').trim();
  const listed = await files.read(path.join(directory, '.answers.txt.d'));
  if (listed === undefined || compiler === '') return;
  const headers = parseDependencies(listed, kernel.buildDir).filter((file) => !file.startsWith(directory));
  const tools = ['.config', 'scripts/mod/modpost', 'scripts/basic/fixdep', 'Makefile'];
  await cache.keep(question, output, compiler, [
    ...headers,
    ...tools.map((tool) => path.join(kernel.buildDir, tool)),
  ]);
}

const LAST_LINES = 12;

function nothingBuilds(request: ProbeRequest, output: string): NetmapError {
  const lines = output
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^make(\[\d+\])?: (Entering|Leaving)/.test(line));
  return new NetmapError({
    code: 'no-module-builds',
    what: `not even an empty module can be built for the kernel in ${request.kernel.buildDir}`,
    why: lines.slice(-LAST_LINES).join('\n'),
    mend: adviceFor(output, request.kernel),
    logFile: request.logFile,
  });
}

function adviceFor(output: string, kernel: KernelTree): string {
  const missing =
    /(?:^|[\s/"'])((?:\w+-)*(?:gcc|clang|ld)(?:-\d+)?): (?:not found|command not found|No such file)/m.exec(
      output,
    )?.[1];
  if (missing !== undefined) return `apt-get install ${packageOf(missing)}`;
  if (/version `GLIBC_[\d.]+' not found/.test(output)) {
    return 'these headers are of a newer distribution than this machine: configure in a chroot of that one';
  }
  const builder = kernel.compiler === undefined ? '' : ` (${kernel.compiler})`;
  return `read the compiler output in the log; use the compiler that built the kernel${builder}`;
}

/** Debian's package of a compiler: gcc-12 for x86_64-linux-gnu-gcc-12, gcc-12-aarch64-linux-gnu for a cross compiler. */
function packageOf(program: string): string {
  const [, machine, tool = program] = /^(\w+-linux-gnu\w*)-(.*)$/.exec(program) ?? [];
  const name = tool === 'ld' ? 'binutils' : tool;
  if (machine === undefined || machine === 'x86_64-linux-gnu') return name;
  return `${name}-${machine.replaceAll('_', '-')}`;
}
