/** What the command line asks for, after all options were applied from left to right. */
export interface ConfigureOptions {
  kernelDir?: string;
  kernelSources?: string;
  kernelVersion?: string;
  /** Obtain sources that are not here. */
  fetch: boolean;
  kernelOpts: string[];
  installModPath: string;
  /** Enabled names, in declaration order. */
  drivers: string[];
  /** The user named drivers with --drivers=, so a dropped one is a failure and not just a fact. */
  driversNamed: boolean;
  externalDrivers: string[];
  apps: string[];
  subsystems: string[];
  /** An existing checkout with patches. */
  patchesFrom?: string;
  /** Do not place hooks by rules. */
  storedPatchesOnly: boolean;
  /** Versions of vendor drivers, in the order given; the last one of a driver counts. */
  versions: [driver: string, version: string][];
  /** Base addresses that archives of vendors' drivers are fetched from before their own places. */
  mirrors: string[];
  /** Fetch no archives. */
  offline: boolean;
  /** Folder with archives of the user's. */
  extDriversDir?: string;
  driverSuffix: string;
  modName: string;
  cc: string;
  ld: string;
  prefix: string;
  destdir: string;
  /** Empty: the usual places are looked at. */
  signKey: string;
  signCert: string;
  forceDebug: boolean;
  dmasync: boolean;
  failOnDriverErrors: boolean;
  /** Every warning is an error. */
  strict: boolean;
  utils: boolean;
  /** Folder for the answers of compile tests, instead of the user's cache. */
  cache?: string;
  color: 'auto' | 'always' | 'never';
  json: boolean;
  dryRun: boolean;
  verbose: boolean;
  /** An option that prints a set and ends the run. */
  show?: 'drivers' | 'ext-drivers' | 'apps';
  /** Remarks about the command line for the user, e.g. an old driver name. */
  notes: string[];
}

/** The names that exist; they come from the package, so that the tables here stay free of them. */
export interface Universe {
  readonly drivers: readonly string[];
  readonly externalDrivers: readonly string[];
  readonly apps: readonly string[];
  /** Old driver name -> name. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** Declaration order of the subsystems and what is on without being asked for. */
export const subsystems: readonly { name: string; on: boolean; what: string }[] = [
  { name: 'vale', on: true, what: 'VALE software switches' },
  { name: 'pipe', on: true, what: 'netmap pipes' },
  { name: 'monitor', on: true, what: 'port monitors' },
  { name: 'generic', on: true, what: 'emulated adapter for NICs without native support' },
  { name: 'ptnetmap', on: true, what: 'passthrough to guests' },
  { name: 'sink', on: false, what: 'dummy device that drops everything' },
  { name: 'extmem', on: false, what: 'memory given by user space' },
  { name: 'null', on: true, what: 'null ports' },
];

export function defaultOptions(universe: Universe, env: NodeJS.ProcessEnv): ConfigureOptions {
  return {
    fetch: false,
    kernelOpts: [],
    installModPath: '',
    drivers: [...universe.drivers],
    driversNamed: false,
    externalDrivers: [...universe.externalDrivers],
    apps: [...universe.apps],
    subsystems: subsystems.filter(({ on }) => on).map(({ name }) => name),
    storedPatchesOnly: false,
    versions: [],
    mirrors: [],
    offline: false,
    driverSuffix: '',
    modName: 'netmap',
    cc: 'cc',
    ld: 'ld',
    prefix: '/usr/local',
    destdir: env.DESTDIR ?? '',
    signKey: '',
    signCert: '',
    forceDebug: true,
    dmasync: true,
    failOnDriverErrors: false,
    strict: false,
    utils: true,
    color: 'auto',
    json: false,
    dryRun: false,
    verbose: false,
    notes: [],
  };
}
