import { checkName, oneOf, pick, pickMirrors, pickVersions } from './option-values.js';
import { type ConfigureOptions, subsystems } from './options.js';
import { optionName, type SettingRow } from './row.js';

type Apply = SettingRow['apply'];

const KERNEL = 'Kernel:';
const DRIVERS = 'Drivers:';
const MODULE = 'Module:';
const USER = 'Applications and installation:';
const SIGNING = 'Signatures (sign):';
const RUN = 'This run:';

function set(key: 'kernelSources' | 'installModPath' | 'prefix' | 'destdir' | 'signKey' | 'signCert'): Apply {
  return (options, value) => {
    options[key] = value ?? '';
  };
}

/** A command with flags, which make hands to the shell inside double quotes. */
function command(key: 'cc' | 'ld', what: string): Apply {
  return (options, value) => {
    options[key] = checkName(what, value ?? '', /^[^\n$`;|&<>"\\]*$/);
  };
}

function flag(
  key:
    | 'forceDebug'
    | 'dmasync'
    | 'failOnDriverErrors'
    | 'utils'
    | 'storedPatchesOnly'
    | 'fetch'
    | 'offline'
    | 'json'
    | 'dryRun'
    | 'verbose',
  to = true,
): Apply {
  return (options) => {
    options[key] = to;
  };
}

function show(what: NonNullable<ConfigureOptions['show']>): Apply {
  return (options) => {
    options.show ??= what;
  };
}

/** Every setting: an option that the command line and configuration files may give. */
export const optionTable: readonly SettingRow[] = [
  {
    flags: '--kernel-dir <dir>',
    group: KERNEL,
    what: 'configured kernel build directory; headers are enough',
    apply: (options, value) => {
      options.kernelDir = value ?? '';
      delete options.kernelVersion;
    },
  },
  {
    flags: '--kernel-sources <dir>',
    group: KERNEL,
    what: 'full kernel sources, to copy drivers from; may be a packed archive',
    apply: set('kernelSources'),
  },
  {
    flags: '--fetch',
    group: KERNEL,
    what: 'obtain the package with exactly these sources when they are not here (Debian, Ubuntu; no root needed)',
    apply: flag('fetch'),
  },
  {
    flags: '--kernel-version <version>',
    group: KERNEL,
    values: 'kernels',
    what: 'short for --kernel-dir=/lib/modules/VERSION/build',
    apply: (options, value) => {
      options.kernelVersion = checkName('kernel version', value ?? '', /^[\w.+~-]+$/);
      delete options.kernelDir;
    },
  },
  {
    flags: '--kernel-opts <words>',
    group: KERNEL,
    what: 'words for every kernel make command line (accumulates)',
    apply: (options, value) => {
      const words = (value ?? '').split(/\s+/).filter((word) => word !== '');
      for (const word of words) checkName('kernel make option', word, /^[\w.,:/@%+=~-]+$/);
      options.kernelOpts.push(...words);
    },
  },
  {
    flags: '--install-mod-path <dir>',
    group: KERNEL,
    what: 'INSTALL_MOD_PATH at module installation',
    apply: set('installModPath'),
  },
  {
    flags: '--drivers <list>',
    group: DRIVERS,
    values: 'drivers',
    what: 'build exactly these native drivers',
    apply: (options, value, universe) => {
      options.drivers = pick('driver', value, universe.drivers, options, universe.aliases);
      options.driversNamed = true;
    },
  },
  {
    flags: '--no-drivers [list]',
    group: DRIVERS,
    values: 'drivers',
    what: 'build no native driver, or all but these',
    apply: (options, value, universe) => {
      const without = pick('driver', value, universe.drivers, options, universe.aliases);
      options.drivers = value === undefined ? [] : universe.drivers.filter((name) => !without.includes(name));
      options.driversNamed = false;
    },
  },
  {
    flags: '--no-ext-drivers [list]',
    group: DRIVERS,
    values: 'external',
    what: 'take all drivers, or these, from the kernel sources',
    apply: (options, value, universe) => {
      const gone = pick('external_driver', value, universe.externalDrivers, options, universe.aliases);
      options.externalDrivers =
        value === undefined ? [] : options.externalDrivers.filter((name) => !gone.includes(name));
    },
  },
  {
    flags: '--patches-from <dir>',
    group: DRIVERS,
    what: 'use patches and bridge headers of this netmap checkout where none here fits',
    apply: (options, value) => {
      options.patchesFrom = value ?? '';
    },
  },
  {
    flags: '--stored-patches-only',
    group: DRIVERS,
    what: 'do not place hooks by rules where no patch fits',
    apply: flag('storedPatchesOnly'),
  },
  {
    flags: '--select-version <list>',
    group: DRIVERS,
    what: 'DRIVER:VERSION,...: versions of external drivers (accumulates); `fetch --list` prints them',
    apply: (options, value, universe) => {
      options.versions.push(...pickVersions(value, universe.drivers, options, universe.aliases));
    },
  },
  {
    flags: '--ext-drivers-dir <dir>',
    group: DRIVERS,
    what: 'folder with archives of external drivers, used before ./ext-drivers',
    apply: (options, value) => {
      options.extDriversDir = value ?? '';
    },
  },
  {
    flags: '--mirrors <list>',
    group: DRIVERS,
    what: 'addresses to fetch external drivers from before the places of their vendors (accumulates)',
    apply: (options, value) => {
      options.mirrors.push(...pickMirrors(value));
    },
  },
  {
    flags: '--offline',
    group: DRIVERS,
    what: 'fetch no external drivers: use what is in ext-drivers or the cache',
    apply: flag('offline'),
  },
  {
    flags: '--driver-suffix <text>',
    group: DRIVERS,
    what: 'append this to the names of driver modules',
    apply: (options, value) => {
      options.driverSuffix = checkName('driver suffix', value ?? '', /^[\w-]*$/);
    },
  },
  {
    flags: '--fail-on-driver-errors',
    group: DRIVERS,
    what: 'a driver that cannot be built is an error (exit 1)',
    apply: flag('failOnDriverErrors'),
  },
  {
    flags: '--strict',
    group: DRIVERS,
    what: 'every warning is an error (exit 1), those about drivers included',
    apply: (options) => {
      options.strict = true;
      options.failOnDriverErrors = true;
    },
  },
  {
    flags: '--mod-name <name>',
    group: MODULE,
    what: 'name of the core module',
    apply: (options, value) => {
      options.modName = checkName('module name', value ?? '', /^\w[\w-]*$/);
    },
  },
  ...subsystems.flatMap(({ name, on, what }): SettingRow[] => [
    {
      flags: `--enable-${name}`,
      group: MODULE,
      what: `${what}${on ? ' (on)' : ''}`,
      apply: (options) => {
        const wanted = [...options.subsystems, name];
        options.subsystems = subsystems.map((row) => row.name).filter((row) => wanted.includes(row));
      },
    },
    {
      flags: `--disable-${name}`,
      group: MODULE,
      what: `without them${on ? '' : ' (default)'}`,
      apply: (options) => {
        options.subsystems = options.subsystems.filter((row) => row !== name);
      },
    },
  ]),
  {
    flags: '--force-debug',
    group: MODULE,
    what: 'compile modules with -g (default)',
    apply: flag('forceDebug'),
  },
  {
    flags: '--no-force-debug',
    group: MODULE,
    what: 'compile modules without -g',
    apply: flag('forceDebug', false),
  },
  {
    flags: '--without-dmasync',
    group: MODULE,
    what: 'leave out DMA syncs: coherent x86 without IOMMU only',
    apply: flag('dmasync', false),
  },
  {
    flags: '--apps <list>',
    group: USER,
    values: 'apps',
    what: 'build exactly these applications',
    apply: (options, value, universe) => {
      options.apps = pick('application', value, universe.apps, options);
    },
  },
  {
    flags: '--no-apps [list]',
    group: USER,
    values: 'apps',
    what: 'build no application, or all but these',
    apply: (options, value, universe) => {
      const without = pick('application', value, universe.apps, options);
      options.apps = value === undefined ? [] : universe.apps.filter((name) => !without.includes(name));
    },
  },
  {
    flags: '--no-utils',
    group: USER,
    what: 'leave out the auxiliary programs (there are none here)',
    apply: flag('utils', false),
  },
  {
    flags: '--cc <command>',
    group: USER,
    what: 'compiler for library and applications (cc)',
    apply: command('cc', 'compiler command'),
  },
  {
    flags: '--ld <command>',
    group: USER,
    what: 'linker for library and applications (ld)',
    apply: command('ld', 'linker command'),
  },
  {
    flags: '--prefix <dir>',
    group: USER,
    what: 'where applications, headers and library go (/usr/local)',
    apply: set('prefix'),
  },
  { flags: '--destdir <dir>', group: USER, what: 'staging directory ($DESTDIR)', apply: set('destdir') },
  {
    flags: '--sign-key <file>',
    group: SIGNING,
    what: 'private key, or pkcs11: URI, that modules are signed with (that of shim or dkms)',
    apply: set('signKey'),
  },
  {
    flags: '--sign-cert <file>',
    group: SIGNING,
    what: 'its X.509 certificate, PEM or DER (the file of the key with the ending .der)',
    apply: set('signCert'),
  },
  {
    flags: '--show-drivers',
    group: RUN,
    what: 'print the drivers that are enabled, and stop',
    apply: show('drivers'),
  },
  {
    flags: '--show-ext-drivers',
    group: RUN,
    what: 'print the external drivers, and stop',
    apply: show('ext-drivers'),
  },
  {
    flags: '--show-apps',
    group: RUN,
    what: 'print the applications that are enabled, and stop',
    apply: show('apps'),
  },
  {
    flags: '--cache <dir>',
    group: RUN,
    what: 'keep the answers of compile tests in this folder',
    apply: (options, value) => {
      options.cache = value ?? '';
    },
  },
  {
    flags: '--color <when>',
    group: RUN,
    what: 'auto (default; honours NO_COLOR), always or never',
    values: ['auto', 'always', 'never'],
    apply: (options, value) => {
      options.color = oneOf('choice of colors', value ?? '', ['auto', 'always', 'never']);
    },
  },
  { flags: '--dry-run', group: RUN, what: 'print what would be done, write nothing', apply: flag('dryRun') },
  { flags: '--json', group: RUN, what: 'print the result as one JSON document', apply: flag('json') },
  {
    flags: '--verbose',
    group: RUN,
    what: 'show details, and stack traces of internal errors',
    apply: flag('verbose'),
  },
];

/** The rows of these options, in the order of the table. */
export function settingsNamed(...names: readonly string[]): SettingRow[] {
  return optionTable.filter((row) => names.includes(optionName(row)));
}
