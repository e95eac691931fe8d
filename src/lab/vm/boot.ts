import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exitCodes, NetmapError } from '../../core/errors.js';
import type { CommandResult } from '../../core/runner.js';
import type { Tools } from '../../core/tools.js';
import { nicModels } from './nic-model.js';
import { type BootFiles, qemuArgs } from './qemu-args.js';
import { Qmp } from './qmp.js';
import type { ParsedVmSpec } from './spec.js';

/** One start of QEMU, over. */
export interface Boot {
  readonly files: BootFiles;
  /** Whether the machine ran at all: its monitor answered. */
  readonly started: boolean;
  readonly timedOut: boolean;
  readonly seconds: number;
  /** The `stats` line of each software NIC, read after the guest ended. */
  readonly stats: Readonly<Record<string, string>>;
}

const PEER_POLL_MS = 50;

export const QEMU = 'qemu-system-x86_64';

/**
 * Runs QEMU until the guest powers off, reboots (a panic does) or the time is over.
 *
 * @throws NetmapError `qemu-failed` when QEMU itself refuses to run; `interrupted`.
 */
export async function bootMachine(
  spec: ParsedVmSpec,
  files: BootFiles,
  plugins: readonly string[],
  deps: Tools,
): Promise<Boot> {
  const log = path.join(path.dirname(files.console), 'qemu.log');
  for (const file of [files.console, files.verdict, files.returned, files.monitor, log]) {
    await deps.files.remove(file);
  }
  await peersListen(spec, deps);
  const start = process.hrtime.bigint();
  let over = false;
  const qemu = deps.runner
    .run({
      // Even a tool that is killed outright leaves no machine running: the kernel sends QEMU the signal.
      file: 'setpriv',
      args: ['--pdeathsig', 'KILL', 'env', ...preload(plugins), QEMU, ...qemuArgs(spec, files)],
      timeoutMs: spec.timeoutMs,
      logFile: log,
      allowFailure: true,
    })
    .finally(() => {
      over = true;
    });
  const attended = attend(spec, files.monitor, () => over);
  const result = await qemu;
  const stats = await attended;
  // A terminal's Ctrl-C reaches QEMU too, which may be gone before our own signal is handled.
  if (deps.signal?.aborted) {
    throw new NetmapError({ code: 'interrupted', what: 'interrupted', exitCode: exitCodes.interrupted });
  }
  if (stats === undefined && !result.timedOut) throw qemuFailure(result, log);
  return {
    files,
    started: stats !== undefined,
    timedOut: result.timedOut,
    seconds: Number(process.hrtime.bigint() - start) / 1e9,
    stats: stats ?? {},
  };
}

/** Only QEMU itself may be given the plug-ins: they are linked against QEMU's symbols. */
function preload(plugins: readonly string[]): string[] {
  return plugins.length === 0 ? [] : [`LD_PRELOAD=${plugins.join(':')}`];
}

/** A cable to another VM: that one makes the socket, and QEMU does not wait for it. */
async function peersListen(spec: ParsedVmSpec, deps: Tools): Promise<void> {
  const deadline = Date.now() + spec.timeoutMs;
  for (const { cable } of spec.nics) {
    if (!('connect' in cable)) continue;
    while (!(await deps.files.exists(cable.connect))) {
      if (deps.signal?.aborted) {
        throw new NetmapError({ code: 'interrupted', what: 'interrupted', exitCode: exitCodes.interrupted });
      }
      if (Date.now() > deadline) {
        throw new NetmapError({
          code: 'no-peer',
          what: `the virtual machine ${spec.name} has no peer to connect its cable to`,
          why: `no other machine made the socket ${cable.connect}`,
          mend: 'start the machine that listens on it first',
          exitCode: exitCodes.guestDied,
        });
      }
      await sleep(PEER_POLL_MS);
    }
  }
}

/** Waits for the guest's end, reads the NIC models' counters, and ends QEMU. */
async function attend(
  spec: ParsedVmSpec,
  monitor: string,
  over: () => boolean,
): Promise<Record<string, string> | undefined> {
  const qmp = await Qmp.connect(monitor, over);
  if (qmp === undefined) return undefined;
  await qmp.event('SHUTDOWN');
  const stats: Record<string, string> = {};
  for (const [index, nic] of spec.nics.entries()) {
    if (!nicModels.some((name) => name === nic.model)) continue;
    const path = `/machine/peripheral/nic${index}`;
    const value = await qmp.execute('qom-get', { path, property: 'stats' });
    if (typeof value === 'string') stats[`nic${index}`] = value;
  }
  await qmp.execute('quit');
  return stats;
}

function qemuFailure(result: CommandResult, log: string): NetmapError {
  return new NetmapError({
    code: 'qemu-failed',
    what: 'QEMU did not run the virtual machine',
    why: `exit status ${result.exitCode}: ${result.stderr.trim()}`,
    mend: `check that ${QEMU} is installed (apt-get install qemu-system-x86) and read ${log}`,
    logFile: log,
    exitCode: exitCodes.guestDied,
  });
}
