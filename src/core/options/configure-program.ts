import type { CommandRow, ProgramRow } from './command.js';
import { optionTable, settingsNamed } from './option-table.js';
import { oneOf, wholeNumber } from './option-values.js';
import { type FlagRow, optionName, type SettingRow } from './row.js';

/** Kernel series that `demo` boots, chips that its software NICs can be, and shells that completion is for. */
export const demoKernels = ['5.10', '6.1', '6.12', '7.2', '7.3'] as const;
export const demoChips = ['8168evl', '8168f', '8168g', '8168h', '8125a', '8125b'] as const;
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** What the command line says beside settings. */
export interface Flags {
  build?: string;
  fix: boolean;
  undo: boolean;
  list: boolean;
  confirmWithin?: number;
  confirm: boolean;
  createKey: boolean;
  verify: boolean;
  force: boolean;
  markdown: boolean;
  into?: string;
  kernel: (typeof demoKernels)[number];
  chip: (typeof demoChips)[number];
  frames: number;
}

const noFlags = (): Flags => ({
  fix: false,
  undo: false,
  list: false,
  confirm: false,
  createKey: false,
  verify: false,
  force: false,
  markdown: false,
  kernel: '6.12',
  chip: '8168h',
  frames: 1_000_000,
});

type Switch = { [K in keyof Flags]: Flags[K] extends boolean ? K : never }[keyof Flags] & string;

/** An option without a value. */
function flag(key: Switch, flags: string, what: string): FlagRow<Flags> {
  return {
    flags,
    what,
    take: (all) => {
      all[key] = true;
    },
  };
}

function build(what: string): FlagRow<Flags> {
  return {
    flags: '--build <dir>',
    what: `${what} (default: the current folder)`,
    take: (all, value) => {
      all.build = value;
    },
  };
}

/** Every command prints its errors and its help in color, and may fail. */
const EVERY = ['color', 'verbose'];
const settings = (...names: readonly string[]): SettingRow[] => settingsNamed(...names, ...EVERY);
const SELECTION = ['drivers', 'no-drivers', 'no-ext-drivers'];
const shown = (row: SettingRow) => !optionName(row).startsWith('show-');
const SUBSYSTEMS = optionTable.map(optionName).filter((name) => /^(enable|disable)-/.test(name));

const doctor: CommandRow<Flags> = {
  name: 'doctor',
  what: 'check this machine and its interfaces before netmap is used; status 1 when there is a problem',
  argument: {
    form: '[interfaces...]',
    what: 'interfaces that netmap will be used on',
    values: 'interfaces',
  },
  flags: [
    build('build folder whose modules are going to be loaded'),
    flag('fix', '--fix', 'apply what can be taken back'),
    flag('undo', '--undo', 'take back what --fix did'),
  ],
  settings: settings('dry-run', 'json'),
  rules: [
    { option: 'fix', excludes: ['undo'] },
    { option: 'dry-run', needs: ['fix', 'undo'] },
  ],
};

const fetch: CommandRow<Flags> = {
  name: 'fetch',
  what: 'fetch and check the sources of external drivers, for configure runs without a network',
  argument: {
    form: '[drivers...]',
    what: 'DRIVER or DRIVER:VERSION; all external drivers when none is named',
    values: 'external',
  },
  flags: [flag('list', '--list', 'print the versions that there are patches and archives of, and stop')],
  settings: settings(
    ...SELECTION,
    ...['patches-from', 'select-version', 'ext-drivers-dir', 'mirrors', 'offline', 'json'],
  ),
  rules: [{ option: 'list', excludes: ['mirrors', 'offline'] }],
  readsFiles: true,
};

const load: CommandRow<Flags> = {
  name: 'load',
  what: 'load netmap.ko and the patched drivers in place of the stock ones; undone when anything fails',
  argument: {
    form: '[interfaces...]',
    what: 'interfaces to load for (default: every driver of the build folder in use)',
    values: 'interfaces',
  },
  flags: [
    build('build folder'),
    {
      flags: '--confirm-within <seconds>',
      what: 'go back unless confirmed in time',
      take: (all, value) => {
        all.confirmWithin = wholeNumber('a time in seconds', value, 1, 3600);
      },
    },
    flag('confirm', '--confirm', 'confirm the load that waits for it'),
  ],
  settings: settings('dry-run', 'json'),
  rules: [{ option: 'confirm', excludes: ['build', 'confirm-within', 'dry-run', 'interfaces'] }],
};

const unload: CommandRow<Flags> = {
  name: 'unload',
  what: 'bring the stock drivers back and remove netmap.ko',
  flags: [],
  settings: settings('dry-run', 'json'),
};

const status: CommandRow<Flags> = {
  name: 'status',
  what: 'what netmap can do with each interface, and who uses it',
  flags: [],
  settings: settings('json'),
};

const sign: CommandRow<Flags> = {
  name: 'sign',
  what: 'sign the modules of a build folder, before make install, with --sign-key or the key of shim or dkms; KBUILD_SIGN_PIN is the PIN of a token',
  argument: { form: '[modules...]', what: 'module files (default: all of the build folder)' },
  flags: [
    build('build folder'),
    flag('createKey', '--create-key', 'make a key, and tell how the machine comes to trust it'),
    flag('verify', '--verify', 'only tell who signed the modules; status 1 unless all are of this key'),
  ],
  settings: settings('sign-key', 'sign-cert', 'dry-run', 'json'),
  rules: [
    { option: 'create-key', excludes: ['verify', 'build', 'modules'] },
    { option: 'verify', excludes: ['dry-run'] },
  ],
  readsFiles: true,
};

const uninstall: CommandRow<Flags> = {
  name: 'uninstall',
  what: 'remove what make install put below --prefix, --destdir and --install-mod-path; files changed since are kept, status 1',
  flags: [flag('force', '--force', 'remove changed files as well, and files of modules that are loaded')],
  settings: settings('prefix', 'destdir', 'install-mod-path', 'dry-run', 'json'),
  readsFiles: true,
};

const dkms: CommandRow<Flags> = {
  name: 'dkms',
  what: 'install netmap.ko and the drivers through dkms, for every kernel with headers (or --kernel-version); with --destdir only make the source tree below it',
  argument: { form: '[action]', what: 'default: install', values: ['install', 'remove'] },
  flags: [],
  settings: settings(
    ...['kernel-version', 'drivers', 'no-drivers', 'driver-suffix', 'mod-name', ...SUBSYSTEMS],
    ...['force-debug', 'no-force-debug', 'without-dmasync', 'destdir', 'dry-run', 'json'],
  ),
  rules: [
    { option: 'destdir', excludes: ['kernel-version'] },
    { word: 'remove', allows: ['dry-run', 'json', ...EVERY] },
  ],
  readsFiles: true,
};

const demo: CommandRow<Flags> = {
  name: 'demo',
  what: 'build netmap and r8169 for a Debian kernel, boot it with two software NICs, and compare',
  flags: [
    {
      flags: '--kernel <series>',
      what: 'Debian kernel (default: 6.12)',
      values: demoKernels,
      take: (all, value) => {
        all.kernel = oneOf('kernel series of demo', value, demoKernels);
      },
    },
    {
      flags: '--chip <chip>',
      what: 'chip of the software NICs (default: 8168h)',
      values: demoChips,
      take: (all, value) => {
        all.chip = oneOf('chip of the software NICs', value, demoChips);
      },
    },
    {
      flags: '--frames <number>',
      what: 'frames to send (default: 1000000)',
      take: (all, value) => {
        all.frames = wholeNumber('a number of frames', value, 1000, 100_000_000);
      },
    },
  ],
  settings: settings('json'),
};

/** `netmap-configure`: one table behind parsing, validation, help, manual, completion and the tests of documents. */
export const configureProgram: ProgramRow<Flags> = {
  name: 'netmap-configure',
  what: 'Configure netmap and its native NIC drivers for a Linux kernel, in the current folder.',
  section: 8,
  epilogue: `
Run it in a folder of your own; everything is written there. Then: make, sudo make install.

Example:
  mkdir ~/netmap && cd ~/netmap
  netmap-configure --kernel-sources=/usr/src/linux-source-6.12 --no-ext-drivers --drivers=realtek
`,
  noFlags,
  main: { name: 'configure', what: '', flags: [], settings: optionTable, readsFiles: true },
  commands: [
    {
      name: 'config',
      what: 'settings and where each comes from: netmap-configure [options] config show',
      argument: { form: '<action>', what: 'what to do', values: ['show'] },
      flags: [],
      settings: optionTable.filter(shown),
      readsFiles: true,
    },
    doctor,
    fetch,
    load,
    unload,
    status,
    sign,
    uninstall,
    dkms,
    demo,
    {
      name: 'completion',
      what: 'print a completion script: source <(netmap-configure completion bash)',
      argument: { form: '<shell>', what: 'the shell it is for', values: shells },
      flags: [],
      settings: settings(),
    },
    {
      name: 'man',
      what: 'print the manual page, made from the tables of options: netmap-configure man | man -l -',
      argument: { form: '[command]', what: 'the page of this command alone', values: 'commands' },
      flags: [
        flag('markdown', '--markdown', 'as Markdown'),
        {
          flags: '--into <dir>',
          what: 'write the pages of both programs and of all their commands there, in man1 and man8',
          take: (all, value) => {
            all.into = value;
          },
        },
      ],
      settings: settings(),
      rules: [{ option: 'into', excludes: ['markdown', 'command'] }],
    },
    {
      name: 'help',
      what: 'print the summary of a command: netmap-configure help load',
      argument: { form: '[command]', what: 'the command (default: all of the program)', values: 'commands' },
      flags: [],
      settings: settings(),
    },
  ],
};
