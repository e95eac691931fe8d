/**
 * `node dist/src/lab/vm/dev.js <script.sh>`: one VM by hand, for work on kernel code and guest scripts. Prints the
 * console as it comes and the verdict at the end. Not a command of the product.
 */
import path from 'node:path';
import { Command, Option } from 'commander';
import { toProblem } from '../../core/errors.js';
import { realFiles } from '../../core/files.js';
import { createRunner } from '../../core/runner.js';
import { obtainKernel } from './debian-kernel.js';
import { type KernelSeries, kernelSeries } from './kernel-packages.js';
import { runVm, type VmSpec } from './vm.js';

interface Options {
  kernel: KernelSeries;
  chip: string;
  nics: string;
  module: string[];
  available: string[];
  file: string[];
  program: string[];
  append: string[];
  cpus: string;
  memory: string;
  timeout: string;
  iommu?: true;
  warnings?: true;
  logs?: string;
}

const collect = (value: string, all: string[]) => [...all, value];

const command = new Command('dev')
  .argument('<script>', 'sh script to run in the guest; see lab/guest/lib.sh')
  .addOption(new Option('--kernel <series>').choices(Object.keys(kernelSeries)).default('6.12'))
  .option('--chip <chip>', 'chip of the software NICs', '8168h')
  .option('--nics <number>', 'how many, all on one hub', '2')
  .option('--module <name>', 'load at boot (repeat)', collect, [])
  .option('--available <name>', 'carry for modprobe (repeat)', collect, [])
  .option('--file <host[:guest]>', 'copy a file; default place in the guest: / (repeat)', collect, [])
  .option('--program <name>', 'carry a program of the host with its libraries (repeat)', collect, [])
  .option('--append <argument>', 'kernel command line (repeat)', collect, [])
  .option('--cpus <number>', '', '2')
  .option('--memory <MB>', '', '512')
  .option('--timeout <seconds>', '', '120')
  .option('--iommu', 'with an emulated IOMMU')
  .option('--warnings', 'do not panic on a WARN')
  .option('--logs <directory>', 'where console.log and verdict.ktap go')
  .action(run);

function specOf(script: string, kernel: VmSpec['kernel'], options: Options): VmSpec {
  const files = options.file.map((pair) => {
    const [host = '', guest = `/${path.basename(host)}`] = pair.split(':');
    return [guest, { host: path.resolve(host) }];
  });
  const nic = { model: 'rtl8168' as const, chip: options.chip as '8168h' };
  return {
    kernel,
    script,
    modules: options.module,
    availableModules: options.available,
    files: Object.fromEntries(files),
    programs: ['ip', 'ethtool', ...options.program],
    kernelArgs: options.append,
    nics: Array.from({ length: Number(options.nics) }, () => nic),
    cpus: Number(options.cpus),
    memoryMb: Number(options.memory),
    timeoutMs: Number(options.timeout) * 1000,
    iommu: options.iommu === true,
    panicOnWarn: options.warnings !== true,
    ...(options.logs === undefined ? {} : { logDirectory: path.resolve(options.logs) }),
  };
}

async function run(scriptFile: string, options: Options): Promise<void> {
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  const deps = {
    runner: createRunner(interrupt.signal),
    files: realFiles,
    signal: interrupt.signal,
    progress: (line: string) => console.error(line),
  };
  try {
    const kernel = await obtainKernel(options.kernel, deps);
    const verdict = await runVm(
      specOf((await deps.files.readBytes(scriptFile)).toString(), kernel, options),
      deps,
    );
    console.log((await deps.files.readBytes(verdict.consoleLog)).toString());
    console.log(verdict);
  } catch (error) {
    const problem = toProblem(error);
    if (problem.logFile !== undefined) console.log((await deps.files.readBytes(problem.logFile)).toString());
    console.error(problem);
    process.exitCode = problem.exitCode ?? 1;
  }
}

await command.parseAsync();
