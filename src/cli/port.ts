import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { type AuditOptions, auditCommand } from '../commands/port/audit.js';
import { type LearnOptions, learnCommand } from '../commands/port/learn-command.js';
import { type NewOptions, newCommand } from '../commands/port/new-command.js';
import { type PortOptions, portCommand } from '../commands/port/port-command.js';
import type { PortTools } from '../commands/port/tools.js';
import { exitCodes, NetmapError, type Problem, toProblem } from '../core/errors.js';
import { realFiles } from '../core/files.js';
import { createRunner } from '../core/runner.js';
import { manifestJsonSchema } from '../facts/drivers/manifest.js';

/** Entry point of `netmap-port-driver`; sets the process's exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    const tools = { runner: createRunner(abort.signal), files: realFiles, signal: abort.signal };
    const print = (line: string): void => {
      process.stdout.write(`${line}\n`);
    };
    const progress = (line: string): void => {
      if (process.stderr.isTTY) process.stderr.write(`${line}\n`);
    };
    process.exitCode = await run(argv, { ...tools, print, progress });
  } catch (error) {
    process.exitCode = report(error);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

/** Parses the words and runs the command. @returns exit status */
export async function run(argv: readonly string[], tools: PortTools): Promise<number> {
  let status: number = exitCodes.ok;
  const program = new Command('netmap-port-driver')
    .description("Port a driver's netmap hooks to a kernel, and prove the port")
    .exitOverride()
    .showSuggestionAfterError();
  program
    .command('port', { isDefault: true })
    .description('place, prove and write the hooks of a driver (the default)')
    .argument('<driver>', 'driver folder below drivers/, e.g. realtek')
    .requiredOption('--kernel-sources <dir...>', 'top directory of full kernel sources; may be repeated')
    .option(
      '--from <path>',
      'port with these rules (a manifest or its folder), or with rules derived from this patch',
    )
    .option(
      '--from-sources <dir>',
      'sources that the patch of --from was made for, when none of --kernel-sources is',
    )
    .option('--kernel-dir <dir...>', 'kernel build directory to compile for, one for each --kernel-sources')
    .option('--kernel-opts <word...>', 'variables for the kernel build, e.g. CC=gcc-14')
    .option('--include <dir...>', 'search this directory for headers before the driver folder')
    .option('--run', 'boot the port in a virtual machine on every model of the device')
    .option('--out <dir>', 'where the patches go', 'final-patches')
    .option('--work <dir>', 'work folder with the git history of the port (default: in the cache)')
    .option('--report <dir>', 'write a JSON and an HTML report of every port there')
    .option('--explain <hook>', 'show one hook: its rule, its place or why it has none')
    .option('--interactive', 'ask about every hook that has no place')
    .option('--resume', 'go on with the files as they are in the work folder')
    .option('--range', 'one patch for as many of the given kernels as it is exact for')
    .option('--dry-run', 'show what would be done and write nothing')
    .option('--json', 'print the results as one JSON document')
    .action(async (driver: string, options: PortOptions) => {
      status = await portCommand(driver, options, tools);
    });
  program
    .command('learn')
    .description('derive the rules of a driver from an existing patch')
    .argument('<patch>', 'unified diff with paths like a/DRIVER/file.c')
    .requiredOption('--kernel-sources <dir>', 'sources that the patch was made for')
    .option('--driver-path <path>', "the driver's place in the sources, when its name is not unique")
    .option('--out <dir>', 'where manifest.json goes (default: drivers/DRIVER)')
    .option('--dry-run', 'show the rules and write nothing')
    .action(async (patch: string, options: LearnOptions) => {
      status = await learnCommand(patch, options, tools);
    });
  program
    .command('new')
    .description('start a port of a driver that never had one: rules and a bridge header skeleton')
    .argument('<folder>', 'the driver inside unpacked kernel sources: a folder, or a single .c file')
    .option('--out <dir>', 'where the new files go (default: drivers/DRIVER)')
    .option('--dry-run', 'show what was found and write nothing')
    .action(async (folder: string, options: NewOptions) => {
      status = await newCommand(folder, options, tools);
    });
  program
    .command('audit')
    .description('look over the stored patches: overlapping, dead, out of date')
    .option('--kernel-sources <dir...>', 'try every patch on the kernels of its range')
    .option('--patches <dir>', 'the stored patches', 'final-patches')
    .option('--json', 'print the findings as JSON')
    .action(async (options: AuditOptions) => {
      status = await auditCommand(options, tools);
    });
  program
    .command('schema')
    .description('print the JSON Schema of a driver manifest, for editors')
    .option('--out <file>', 'write it there: manifests name it as ../manifest.schema.json')
    .action(async ({ out }: { out?: string }) => {
      const text = JSON.stringify(manifestJsonSchema(), null, 2);
      if (out === undefined) tools.print(text);
      else await tools.files.write(path.resolve(out), `${text}\n`);
    });
  await program.parseAsync([...argv], { from: 'user' });
  return status;
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const { what, why, mend, logFile, exitCode }: Problem = toProblem(error);
  const lines = [`netmap-port-driver: ${what}`];
  if (why !== undefined) lines.push(`  why: ${why}`);
  if (mend !== undefined) lines.push(`  do: ${mend}`);
  if (logFile !== undefined) lines.push(`  log: ${logFile}`);
  process.stderr.write(`${lines.join('\n')}\n`);
  return exitCode ?? exitCodes.failure;
}

export { NetmapError };
