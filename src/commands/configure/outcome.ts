import { exitCodes } from '../../core/errors.js';
import type { ConfigureOptions } from '../../core/options/options.js';
import type {
  DriverDecision,
  DroppedDriver,
  PatchedDriver,
  PlacedDriver,
} from '../../facts/drivers/decide.js';
import type { KernelTree } from '../../facts/kernel-tree/tree.js';
import type { ProbeResult } from '../../facts/probes/run.js';

/** A decision without the text of a patch. */
export type ReportedDriver = DroppedDriver | PatchedDriver | Omit<PlacedDriver, 'madePatch'>;

/** Everything a configure run found and decided; `--json` prints it as it is. */
export interface Outcome {
  readonly buildDir: string;
  readonly kernel: {
    readonly dir: string;
    readonly sources: string | null;
    readonly version: string;
    readonly hex: string;
    readonly release: string;
  };
  readonly module: string;
  readonly subsystems: readonly string[];
  readonly apps: readonly string[];
  readonly drivers: readonly ReportedDriver[];
  readonly warnings: readonly string[];
  /** Answers by macro; null in a dry run, which does not ask. */
  readonly probes: Readonly<Record<string, boolean>> | null;
  readonly probesCached: boolean;
  readonly exitCode: number;
}

export function outcomeOf(
  options: ConfigureOptions,
  kernel: KernelTree,
  decisions: readonly DriverDecision[],
  probes: ProbeResult | undefined,
  rest: { buildDir: string; apps: readonly string[]; warnings: readonly string[] },
): Outcome {
  return {
    buildDir: rest.buildDir,
    kernel: {
      dir: kernel.buildDir,
      sources: kernel.sourceDir ?? null,
      version: kernel.version.dotted,
      hex: kernel.version.hex,
      release: kernel.release,
    },
    module: `${options.modName}.ko`,
    subsystems: options.subsystems,
    apps: rest.apps,
    drivers: decisions.map(withoutText),
    warnings: rest.warnings,
    probes:
      probes === undefined
        ? null
        : Object.fromEntries(probes.answers.map(({ probe, yes }) => [probe.id, yes])),
    probesCached: probes?.cached ?? false,
    exitCode: exitStatus(options, decisions),
  };
}

/** The text of a made patch goes into the build folder, not into the report. */
function withoutText(decision: DriverDecision): ReportedDriver {
  if (decision.result !== 'native' || decision.code !== 'patch-by-rules') return decision;
  const { madePatch: _, ...reported } = decision;
  return reported;
}

/** 3 when a driver that was asked for by name was dropped; dropping one of the default set is no failure. */
export function exitStatus(options: ConfigureOptions, decisions: readonly DriverDecision[]): number {
  const dropped = decisions.some(({ result, requested }) => result === 'dropped' && requested === 'named');
  return dropped && options.drivers.length > 0 ? exitCodes.driversDropped : exitCodes.ok;
}
