import type { KernelSources } from '../kernel/sources.js';
import { type Choice, explainChoice } from '../patches/choose.js';
import type { DriverEntry } from './catalogue.js';
import type { DriverOverrides } from './overrides.js';

/** What was found out about one driver for one kernel. */
export interface DriverFacts {
  readonly entry: DriverEntry;
  readonly overrides: DriverOverrides;
  /** Value of its symbol in `.config`. */
  readonly configValue: string | undefined;
  readonly sources: KernelSources;
  /** The driver's place below the sources; present when it and its key file are there. */
  readonly place?: string;
  readonly choice?: Choice;
}

/** Requested, result, reason, next step: one row of the summary, one element of the JSON report. */
export interface DriverDecision {
  readonly driver: string;
  /** Named with --drivers=, or part of the default set. */
  readonly requested: 'named' | 'default';
  readonly result: 'native' | 'dropped';
  /** Stable word for scripts. */
  readonly code:
    | 'patch-fits'
    | 'not-configured'
    | 'no-sources'
    | 'not-in-sources'
    | 'no-patch'
    | 'patch-does-not-fit';
  readonly reason: string;
  readonly nextStep: string;
  /** Only of native ones. */
  readonly conf?: string;
  readonly src?: string;
  readonly patch?: string;
  readonly module?: string;
  /** config.mak says where its sources come from. */
  readonly ownSource?: true;
  /** The driver is part of the kernel image: its module cannot be loaded beside it. */
  readonly builtIn: boolean;
}

export interface DecisionContext {
  readonly named: boolean;
  readonly driverSuffix: string;
  readonly generic: boolean;
  readonly kernel: string;
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
  const drop = (code: DriverDecision['code'], reason: string, nextStep: string): DriverDecision => ({
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
    const reason = `${entry.path} is not in the kernel sources`;
    return drop('not-in-sources', reason, 'name complete sources with --kernel-sources=DIR');
  }
  const patch = overrides.patch || (choice?.patch && `patches/${choice.patch}`);
  if (!patch) return { ...drop('no-patch', '', ''), ...whyNoPatch(choice, entry, context) };
  return {
    ...base,
    result: 'native',
    code: 'patch-fits',
    reason: whyThisPatch(facts, patch),
    nextStep: base.builtIn && context.driverSuffix === '' ? builtInAdvice(entry) : 'make',
    conf,
    src,
    patch,
    module: entry.module,
    ...(overrides.src ? { ownSource: true as const } : {}),
  };
}

function whyThisPatch({ overrides, choice }: DriverFacts, patch: string): string {
  if (overrides.patch) return `${patch} was chosen in config.mak; make checks that it fits`;
  if (overrides.src) return `${choice?.patch} was chosen by version; make checks that it fits your sources`;
  return `${choice?.patch} fits`;
}

function whyNoPatch(choice: Choice | undefined, entry: DriverEntry, context: DecisionContext) {
  const reason = explainChoice(choice ?? { tried: [] });
  if (choice === undefined || choice.tried.length === 0) {
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
