import os from 'node:os';
import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import { type Files, withFolder } from '../../core/files.js';
import { cacheDirectory } from '../../core/paths.js';
import type { Tools } from '../../core/tools.js';
import { type Boot, bootMachine } from './boot.js';
import { bootImage } from './boot-image.js';
import { isEmulatorFault } from './emulator-fault.js';
import { clockArguments } from './host-clock.js';
import { writeInitramfs } from './initramfs.js';
import { type KtapReport, type KtapTest, parseKtap } from './ktap.js';
import { nicModels, obtainNicModel } from './nic-model.js';
import { bootFiles } from './qemu-args.js';
import { parseReturned, parseStats } from './returned.js';
import { type ParsedVmSpec, type VmSpec, vmSpecSchema } from './spec.js';

export type { VmSpec } from './spec.js';

/** What a guest said, whole. */
export interface VmVerdict extends KtapReport {
  /** Counters of each software NIC at the end, by device id (`nic0`); see rtl_guard.h and pt_window.h for their meaning. */
  readonly nics: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Files that the guest returned with `send_file`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly consoleLog: string;
  /** Whether a first boot died of a fault of the emulator, and this is the second. */
  readonly retried: boolean;
  /** Wall clock of the boot that counts, from starting QEMU to its end. */
  readonly seconds: number;
}

/** A guest that ran to its end, with failing tests. */
export class GuestTestsFailed extends NetmapError {
  readonly verdict: VmVerdict;

  constructor(name: string, verdict: VmVerdict) {
    const failed = verdict.tests.filter((test) => test.result === 'not ok');
    super({
      code: 'guest-tests-failed',
      what: `${failed.length} of ${verdict.tests.length} tests failed in the virtual machine ${name}`,
      why: failed.map((test) => `not ok: ${test.name}`).join('\n'),
      mend: `read the console: ${verdict.consoleLog}`,
      logFile: verdict.consoleLog,
      exitCode: exitCodes.guestTestsFailed,
    });
    this.verdict = verdict;
  }
}

/** With -icount the time stamp counter is the virtual clock: 10^9 a second. */
const INSTRUCTION_CLOCK = 'tsc_early_khz=1000000';
const LOG_AGE_MS = 24 * 60 * 60 * 1000;
const TAIL_LINES = 20;
const CAUSE_LINES = 8;
const LAST_BYTES = 64 * 1024;
const CAUSE = /Kernel panic|WARNING:|BUG:|Oops|general protection|RIP: 0010:/;

/**
 * Boots a kernel in QEMU (TCG), runs `spec.script` in it and returns its verdict.
 *
 * @throws GuestTestsFailed (`guest-tests-failed`) when a test failed, the kernel's log is not clean, or a NIC model saw
 *   forbidden DMA; NetmapError `guest-died` when the guest panicked, hung or broke off; `interrupted`.
 */
export async function runVm(input: VmSpec, deps: Tools): Promise<VmVerdict> {
  const parsed = vmSpecSchema.parse(input);
  const image = await bootImage(parsed.kernel.image, deps);
  const clock = parsed.countInstructions ? [INSTRUCTION_CLOCK] : await clockArguments(deps);
  const kernelArgs = [...clock, ...parsed.kernelArgs];
  const spec = { ...parsed, kernelArgs, kernel: { ...parsed.kernel, image } };
  const plugins = await obtainPlugins(spec, deps);
  const logs = await logDirectory(spec, deps);
  return withFolder(path.join(os.tmpdir(), 'netmap-vm-'), deps.files, async (scratch) => {
    const initramfs = path.join(scratch, 'initramfs.cpio');
    await writeInitramfs(initramfs, spec, deps);
    const files = { ...bootFiles(logs), initramfs, monitor: path.join(scratch, 'qmp.sock') };
    let boot = await bootMachine(spec, files, plugins, deps);
    const retried = await diedOfEmulator(boot, deps.files);
    if (retried) {
      deps.progress?.(`${spec.name}: the guest died of a fault of the emulator: booting once more`);
      boot = await bootMachine(spec, files, plugins, deps);
    }
    return judge(spec, boot, retried, deps.files);
  });
}

async function obtainPlugins(spec: ParsedVmSpec, deps: Tools): Promise<string[]> {
  const plugins: string[] = [];
  for (const name of nicModels) {
    if (!spec.nics.some((nic) => nic.model === name)) continue;
    plugins.push((await obtainNicModel(name, deps)).plugin);
  }
  return plugins;
}

async function logDirectory(spec: ParsedVmSpec, deps: Tools): Promise<string> {
  if (spec.logDirectory !== undefined) {
    await deps.files.makeDirectory(spec.logDirectory);
    return spec.logDirectory;
  }
  const base = path.join(cacheDirectory(), 'vm-logs');
  await deps.files.makeDirectory(base);
  await pruneLogs(base, deps.files);
  return deps.files.mkdtemp(path.join(base, `${spec.name}-`));
}

/** Logs without a place of their own go after a day. */
async function pruneLogs(base: string, files: Files): Promise<void> {
  for (const name of await files.list(base)) {
    const directory = path.join(base, name);
    const age = Date.now() - ((await files.stat(directory).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (age > LOG_AGE_MS) await files.remove(directory);
  }
}

/** A hang is not retried: it cost the whole time. */
async function diedOfEmulator(boot: Boot, files: Files): Promise<boolean> {
  if (boot.timedOut || !boot.started) return false;
  const verdict = await textOf(boot.files.verdict, files);
  return isEmulatorFault(verdict, await textOf(boot.files.console, files));
}

/** What a guest wrote, which may not have come so far. */
async function textOf(file: string, files: Files): Promise<string> {
  return (await files.read(file)) ?? '';
}

async function judge(spec: ParsedVmSpec, boot: Boot, retried: boolean, files: Files): Promise<VmVerdict> {
  const outcome = parseKtap(await textOf(boot.files.verdict, files));
  if (!outcome.complete) {
    const ending = boot.timedOut ? `no verdict within ${spec.timeoutMs / 1000} s` : outcome.why;
    throw new NetmapError({
      code: 'guest-died',
      what: `the virtual machine ${spec.name} died without a verdict`,
      why: [
        `${ending}${retried ? ' (second boot)' : ''}; its causes and last lines:`,
        await lastWords(boot.files.console, files),
      ].join('\n'),
      mend: `read the console: ${boot.files.console}`,
      logFile: boot.files.console,
      exitCode: exitCodes.guestDied,
    });
  }
  const nics = Object.fromEntries(Object.entries(boot.stats).map(([id, text]) => [id, parseStats(text)]));
  const verdict: VmVerdict = {
    tests: [...outcome.report.tests, ...guardTests(spec, boot.stats, nics)],
    data: outcome.report.data,
    nics,
    files: parseReturned(await textOf(boot.files.returned, files)),
    consoleLog: boot.files.console,
    retried,
    seconds: boot.seconds,
  };
  if (verdict.tests.some((test) => test.result === 'not ok')) throw new GuestTestsFailed(spec.name, verdict);
  return verdict;
}

/** One more test for each software NIC: the model saw no DMA to memory that the NIC must not touch, no broken protocol. */
function guardTests(
  spec: ParsedVmSpec,
  texts: Readonly<Record<string, string>>,
  nics: VmVerdict['nics'],
): KtapTest[] {
  return spec.nics.flatMap((nic, index): KtapTest[] => {
    if (!('guard' in nic) || !nic.guard) return [];
    const id = `nic${index}`;
    const violations = nics[id]?.violations;
    const name =
      nic.model === 'ptnet' ? `${id}: the guest kept the protocol` : `${id}: the model saw no forbidden DMA`;
    if (violations === 0) return [{ name, result: 'ok' }];
    return [{ name: `${name}: ${texts[id] ?? 'its counters could not be read'}`, result: 'not ok' }];
  });
}

/** What a console log says of the guest's end: the lines that name a cause, then the last ones. */
async function lastWords(file: string, files: Files): Promise<string> {
  const lines = (await lastBytes(file, files)).replaceAll('\r', '').trimEnd().split('\n');
  const causes = lines.slice(0, -TAIL_LINES).filter((line) => CAUSE.test(line));
  return [...causes.slice(-CAUSE_LINES), ...lines.slice(-TAIL_LINES)].join('\n');
}

/** The end of a file that may be large. */
async function lastBytes(file: string, files: Files): Promise<string> {
  const size = (await files.stat(file).catch(() => undefined))?.size ?? 0;
  const length = Math.min(size, LAST_BYTES);
  return length === 0 ? '' : (await files.readPart(file, size - length, length)).toString();
}
