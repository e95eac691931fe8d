import type { CommandRow, ProgramRow } from './command.js';
import { shells } from './configure-program.js';
import { settingsNamed } from './option-table.js';
import type { FlagRow } from './row.js';

/** What the command line of `netmap-port-driver` says. */
export interface PortFlags {
  kernelSources: string[];
  kernelDir: string[];
  kernelOpts: string[];
  include: string[];
  from?: string;
  fromSources?: string;
  run: boolean;
  out?: string;
  work?: string;
  report?: string;
  explain?: string;
  interactive: boolean;
  resume: boolean;
  range: boolean;
  driverPath?: string;
  patches?: string;
}

const noFlags = (): PortFlags => ({
  kernelSources: [],
  kernelDir: [],
  kernelOpts: [],
  include: [],
  run: false,
  interactive: false,
  resume: false,
  range: false,
});

type KeysOf<T> = { [K in keyof PortFlags]-?: Required<PortFlags>[K] extends T ? K : never }[keyof PortFlags];

function flag(key: KeysOf<boolean>, flags: string, what: string): FlagRow<PortFlags> {
  return {
    flags,
    what,
    take: (all) => {
      all[key] = true;
    },
  };
}

function text(key: KeysOf<string>, flags: string, what: string): FlagRow<PortFlags> {
  return {
    flags,
    what,
    take: (all, value) => {
      all[key] = value;
    },
  };
}

function list(key: KeysOf<string[]>, flags: string, what: string): FlagRow<PortFlags> {
  return {
    flags,
    what,
    take: (all, value) => {
      all[key].push(value);
    },
  };
}

const settings = (...names: readonly string[]) => settingsNamed(...names, 'color', 'verbose');

const port: CommandRow<PortFlags> = {
  name: 'port',
  what: 'place, prove and write the hooks of a driver (the default)',
  argument: { form: '<driver>', what: 'driver folder below drivers/, e.g. realtek', values: 'drivers' },
  flags: [
    {
      ...list(
        'kernelSources',
        '--kernel-sources <dir...>',
        'top directory of full kernel sources; may be repeated',
      ),
      required: true,
    },
    text(
      'from',
      '--from <path>',
      'port with these rules (a manifest or its folder), or with rules derived from this patch',
    ),
    text(
      'fromSources',
      '--from-sources <dir>',
      'sources that the patch of --from was made for, when none of --kernel-sources is',
    ),
    list(
      'kernelDir',
      '--kernel-dir <dir...>',
      'kernel build directory to compile for, one for each --kernel-sources',
    ),
    list('kernelOpts', '--kernel-opts <word...>', 'variables for the kernel build, e.g. CC=gcc-14'),
    list('include', '--include <dir...>', 'search this directory for headers before the driver folder'),
    flag('run', '--run', 'boot the port in a virtual machine on every model of the device'),
    text('out', '--out <dir>', 'where the patches go (default: final-patches)'),
    text('work', '--work <dir>', 'work folder with the git history of the port (default: in the cache)'),
    text('report', '--report <dir>', 'write a JSON and an HTML report of every port there'),
    text('explain', '--explain <hook>', 'show one hook: its rule, its place or why it has none'),
    flag('interactive', '--interactive', 'ask about every hook that has no place'),
    flag('resume', '--resume', 'go on with the files as they are in the work folder'),
    flag('range', '--range', 'one patch for as many of the given kernels as it is exact for'),
  ],
  settings: settings('dry-run', 'json'),
  rules: [
    { option: 'from-sources', needs: ['from'] },
    {
      option: 'explain',
      excludes: [
        'run',
        'interactive',
        'resume',
        'range',
        'report',
        'work',
        'out',
        'kernel-dir',
        'json',
        'dry-run',
      ],
    },
    { option: 'resume', excludes: ['interactive'] },
    { option: 'interactive', excludes: ['json', 'dry-run'] },
    { option: 'kernel-opts', needs: ['kernel-dir'] },
    { option: 'include', needs: ['kernel-dir'] },
    { option: 'run', needs: ['kernel-dir'] },
  ],
};

const learn: CommandRow<PortFlags> = {
  name: 'learn',
  what: 'derive the rules of a driver from an existing patch',
  argument: { form: '<patch>', what: 'unified diff with paths like a/DRIVER/file.c' },
  flags: [
    {
      ...list('kernelSources', '--kernel-sources <dir>', 'sources that the patch was made for'),
      required: true,
    },
    text(
      'driverPath',
      '--driver-path <path>',
      "the driver's place in the sources, when its name is not unique",
    ),
    text('out', '--out <dir>', 'where manifest.json goes (default: drivers/DRIVER)'),
  ],
  settings: settings('dry-run', 'json'),
};

const fresh: CommandRow<PortFlags> = {
  name: 'new',
  what: 'start a port of a driver that never had one: rules and a bridge header skeleton',
  argument: {
    form: '<folder>',
    what: 'the driver inside unpacked kernel sources: a folder, or a single .c file',
  },
  flags: [text('out', '--out <dir>', 'where the new files go (default: drivers/DRIVER)')],
  settings: settings('dry-run', 'json'),
};

const audit: CommandRow<PortFlags> = {
  name: 'audit',
  what: 'look over the stored patches: overlapping, dead, out of date',
  flags: [
    list('kernelSources', '--kernel-sources <dir...>', 'try every patch on the kernels of its range'),
    text('patches', '--patches <dir>', 'the stored patches (default: final-patches)'),
  ],
  settings: settings('json'),
};

const schema: CommandRow<PortFlags> = {
  name: 'schema',
  what: 'print the JSON Schema of a driver manifest, for editors',
  flags: [text('out', '--out <file>', 'write it there: manifests name it as ../manifest.schema.json')],
  settings: settings(),
};

/** `netmap-port-driver`, as `configureProgram`. */
export const portProgram: ProgramRow<PortFlags> = {
  name: 'netmap-port-driver',
  what: "Port a driver's netmap hooks to a kernel, and prove the port",
  section: 1,
  epilogue: '',
  noFlags,
  main: port,
  commands: [
    port,
    learn,
    fresh,
    audit,
    schema,
    {
      name: 'completion',
      what: 'print a completion script: source <(netmap-port-driver completion bash)',
      argument: { form: '<shell>', what: 'the shell it is for', values: shells },
      flags: [],
      settings: settings(),
    },
    {
      name: 'man',
      what: 'print the manual page',
      argument: { form: '[command]', what: 'the page of this command alone', values: 'commands' },
      flags: [],
      settings: settings(),
    },
    {
      name: 'help',
      what: 'print the summary of a command: netmap-port-driver help learn',
      argument: { form: '[command]', what: 'the command (default: all of the program)', values: 'commands' },
      flags: [],
      settings: settings(),
    },
  ],
};
