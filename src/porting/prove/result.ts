import type { Manifest } from '../../facts/drivers/manifest.js';
import type { PortPlan } from '../place/plan.js';
import type { Refusal } from '../place/refusal.js';
import type { Reference } from './elf.js';
import type { Evidence } from './evidence.js';
import type { HookProof, ReferenceProof } from './object-proof.js';

/** How far a port was proved. Plain data: printed, written as JSON and drawn as HTML. */
export interface PortResult {
  readonly driver: string;
  readonly title: string;
  /** Kernel version, dotted. */
  readonly kernel: string;
  readonly tree: string;
  /** SHA-256 of every file that hooks go into. */
  readonly sources: Readonly<Record<string, string>>;
  readonly outcome: 'ported' | 'already-ported' | 'refused';
  readonly placements: PortPlan['placements'];
  readonly skipped: PortPlan['skipped'];
  readonly refusals: readonly Refusal[];
  /** What to compare for each refused hook. */
  readonly evidence: readonly Evidence[];
  /** Unified diff; empty when refused. */
  readonly patch: string;
  readonly patchName?: string;
  readonly workFolder?: string;
  /** Names of what was checked, in order; a failed check is a refusal or an error, never a line here. */
  readonly gates: readonly string[];
  readonly compile: CompileResult;
  readonly run:
    | { readonly state: 'not-run'; readonly why: string }
    | { readonly state: 'passed'; readonly models: readonly string[] };
  /** Milliseconds for reading, placing, gates and patch proof, without compiling. */
  readonly placingMs: number;
}

export type CompileResult =
  | { readonly state: 'not-compiled'; readonly why: string }
  | {
      readonly state: 'compiled';
      readonly kernelDir: string;
      readonly release: string;
      readonly vanillaSeconds: number;
      readonly portedSeconds: number;
      readonly newWarnings: readonly string[];
      readonly proofs: readonly ReferenceProof[];
      readonly hookProofs: readonly HookProof[];
      readonly strays: readonly Reference[];
      readonly proved: boolean;
    };

export function whyNotRun(manifest: Manifest): string {
  return manifest.device.models.length === 0
    ? `not run: ${manifest.device.why ?? 'there is no model of the device, it takes hardware'}`
    : `not run here; models: ${manifest.device.models.map(({ id }) => id).join(', ')}`;
}
