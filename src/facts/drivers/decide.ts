import type { KernelSources } from '../kernel-tree/sources.js';
import { type Choice, explainChoice } from '../patches/choose.js';
import type { DriverEntry } from './catalogue.js';
import type { DriverOverrides } from './overrides.js';
import { type RulesOutcome, rulesPatchFile } from './rules-outcome.js';

/** What was found out about one driver for one kernel. */
export interface DriverFacts {
  readonly entry: DriverEntry;
  readonly overrides: DriverOverrides;
  /** Value of its symbol in `.config`. */
  readonly configValue: string | undefined;
  readonly sources: KernelSources;
  /** The driver's place below the sources; present when it and its key file are there. */
  readonly place?: string;
  /** What its folder, which is there, lacks of it: its key file. */
  readonly lacks?: string;
  readonly choice?: Choice;
  /** Of the rules, which were tried when no patch fits. */
  readonly rules?: RulesOutcome;
}

/** Requested, result, reason, next step: one row of the summary, one element of the JSON report. */
interface Decided {
  readonly driver: string;
  /** Named with --drivers=, or part of the default set. */
  readonly requested: 'named' | 'default';
  readonly reason: string;
  readonly nextStep: string;
  /** The driver is part of the kernel image: its module cannot be loaded beside it. */
  readonly builtIn: boolean;
}

/** A driver that is not built, and the stable word for scripts that says why. */
export interface DroppedDriver extends Decided {
  readonly result: 'dropped';
  readonly code:
    | 'not-configured'
    | 'no-sources'
    | 'not-in-sources'
    | 'no-patch'
    | 'patch-does-not-fit'
    | 'vendor-patch-missing'
    | 'vendor-archive-missing'
    | 'vendor-archive-refused'
    | 'vendor-patch-does-not-fit';
}

/** What every driver that is built has. */
interface Native extends Decided {
  readonly result: 'native';
  readonly conf: string;
  /** Command that makes its folder. */
  readonly src: string;
  /** Value of `driver@patch`. */
  readonly patch: string;
  readonly module: string;
  /** config.mak says where its sources come from. */
  readonly ownSource?: true;
}

/** A stored patch is used, or one that config.mak names. */
export interface PatchedDriver extends Native {
  readonly code: 'patch-fits';
  /** Folder of another checkout that the patch, and the bridge header it includes, come from. */
  readonly patchesFrom?: string;
  /** Built from sources of its vendor. */
  readonly vendor?: VendorSources;
}

/** A patch was made for these sources; `patch` is its place. */
export interface PlacedDriver extends Native {
  readonly code: 'patch-by-rules';
  /** Text of the patch. */
  readonly madePatch: string;
}

/** The version alone, where config.mak says how to get it or a dry run would fetch it; or its unpacked archive. */
export type VendorSources =
  | { readonly version: string; readonly archive?: never; readonly tree?: never }
  | { readonly version: string; readonly archive: string; readonly sha256: string; readonly tree: string };

export type NativeDriver = PatchedDriver | PlacedDriver;
export type DriverDecision = NativeDriver | DroppedDriver;

export interface DecisionContext {
  readonly named: boolean;
  readonly driverSuffix: string;
  readonly generic: boolean;
  readonly kernel: string;
  /** The version as patch names write it. */
  readonly hex: string;
}

/** Decides what becomes of a driver; no effects. The first obstacle is the one that is reported. */
export function decideDriver(facts: DriverFacts, context: DecisionContext): DriverDecision {
  const { entry, choice, overrides } = facts;
  const conf = overrides.conf ?? entry.kconfig;
  const base = {
    driver: entry.name,
    requested: context.named ? 'named' : 'default',
    builtIn: facts.configValue === 'y',
  } as const;
  const drop = (code: DroppedDriver['code'], reason: string, nextStep: string): DroppedDriver => ({
    ...base,
    result: 'dropped',
    code,
    reason,
    nextStep,
  });

  if (facts.configValue === undefined && !overrides.force) {
    return drop(
      'not-configured',
      `${conf} is not set in the kernel's .config`,
      'use a kernel that builds it as a module',
    );
  }
  const src = overrides.src || (facts.place && `cp -Rp ${facts.place} ${entry.name}`);
  if (!src && facts.sources.state === 'missing') {
    return drop('no-sources', facts.sources.why, facts.sources.mend);
  }
  if (!src) {
    const reason =
      facts.lacks === undefined
        ? `${entry.path} is not in the kernel sources`
        : `${entry.path} in the kernel sources has no ${facts.lacks}, so it is not this driver`;
    const nextStep = `name complete sources with --kernel-sources=DIR, or the driver's own with ${entry.name}@src in config.mak`;
    return drop('not-in-sources', reason, nextStep);
  }
  const made = facts.rules?.state === 'placed' ? facts.rules : undefined;
  const patch = patchOf(facts, context);
  if (!patch) return { ...base, result: 'dropped', ...whyNoPatch(facts, context) };
  const head = { ...base, result: 'native' } as const;
  const rest = {
    reason: whyThisPatch(facts, patch),
    nextStep: base.builtIn && context.driverSuffix === '' ? builtInAdvice(entry) : 'make',
    conf,
    src,
    patch,
    module: entry.module,
  };
  const own = overrides.src ? { ownSource: true as const } : {};
  if (made !== undefined) return { ...head, code: 'patch-by-rules', ...rest, madePatch: made.patch, ...own };
  const from = choice?.directory === undefined ? {} : { patchesFrom: choice.directory };
  return { ...head, code: 'patch-fits', ...rest, ...from, ...own };
}

/** The value of `driver@patch`. */
function patchOf(
  { overrides, choice, rules, entry }: DriverFacts,
  { hex }: DecisionContext,
): string | undefined {
  if (overrides.patch) return overrides.patch;
  if (choice?.patch && choice.directory) return `${choice.directory}/${choice.patch}`;
  if (choice?.patch) return `patches/${choice.patch}`;
  return rules?.state === 'placed' ? rulesPatchFile(entry.name, hex) : undefined;
}

function whyThisPatch({ overrides, choice, rules }: DriverFacts, patch: string): string {
  if (rules?.state === 'placed') {
    return `no stored patch fits; its ${rules.hooks} hooks were placed by rules, which make compiles but nobody tested`;
  }
  if (choice?.directory) return `${choice.directory}/${choice.patch} fits`;
  if (overrides.patch) return `${patch} was chosen in config.mak; make checks that it fits`;
  if (overrides.src) return `${choice?.patch} was chosen by version; make checks that it fits your sources`;
  return `${choice?.patch} fits`;
}

function whyNoPatch({ choice, rules, entry }: DriverFacts, context: DecisionContext) {
  const byRules = rules?.state === 'refused' ? `; by rules: ${rules.why}` : '';
  const reason = `${explainChoice(choice ?? { tried: [] })}${byRules}`;
  if (rules === undefined && (choice === undefined || choice.tried.length === 0)) {
    const instead = context.generic
      ? 'the emulated adapter serves it'
      : 'enable the emulated adapter: --enable-generic';
    return { code: 'no-patch' as const, reason, nextStep: instead };
  }
  const nextStep = `netmap-port-driver ${entry.name} --kernel-sources=DIR  (makes a patch for Linux ${context.kernel})`;
  return { code: 'patch-does-not-fit' as const, reason, nextStep };
}

export function builtInAdvice(entry: Pick<DriverEntry, 'kconfig' | 'name'>): string {
  return `set ${entry.kconfig}=m in the kernel, or give --driver-suffix=-netmap and unbind the NIC from the built-in driver`;
}
