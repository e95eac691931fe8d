import path from 'node:path';
import { planBuildFolder, readTemplates } from '../../build/apply.js';
import type { BuildSettings } from '../../build/settings.js';
import { NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import type { DriverEntry } from '../../facts/drivers/catalogue.js';
import { parsePatchName } from '../../facts/patches/name.js';
import { allProbes, probeText } from '../../facts/probes/run.js';

/** What the package builds; the rest follows from the kernel that dkms builds for. */
export interface DkmsSettings {
  readonly packageRoot: string;
  readonly version: string;
  readonly modName: string;
  readonly driverSuffix: string;
  /** In print order. */
  readonly subsystems: readonly string[];
  readonly drivers: readonly DriverEntry[];
  readonly dmasync: boolean;
  readonly debug: boolean;
}

/** The source tree of the package, as a plain value: texts, and copies of files of this package. */
export interface DkmsTree {
  /** Path in the tree -> text. */
  readonly texts: Readonly<Record<string, string>>;
  /** Path in the tree -> path of the file to copy. */
  readonly copies: Readonly<Record<string, string>>;
  /** Drivers that it has patches for. */
  readonly drivers: readonly string[];
}

const SCRIPTS = ['dkms.sh', 'probe.sh', 'answers.awk', 'fit.awk'];
const TEMPLATES = ['GNUmakefile', 'drv-file.mak', 'drv-subdir.mak'];
/** Words that dkms.sh replaces when it knows the kernel. */
const SOURCE = '@dkms-source@';
const LATER = {
  work: '@dkms-work@',
  ksrc: '@dkms-ksrc@',
  release: '@dkms-release@',
  warnings: '@dkms-warnings@',
};

/**
 * Plans the source tree: everything that building needs is worked out here, so that a machine builds for its next kernel
 * with make and a shell alone. Reads the package, changes nothing.
 *
 * @throws NetmapError `package-incomplete`
 */
export async function planTree(settings: DkmsSettings, files: Files): Promise<DkmsTree> {
  const { packageRoot } = settings;
  const patches = (await files.list(path.join(packageRoot, 'final-patches'))).filter((name) =>
    settings.drivers.some((driver) => parsePatchName(name)?.driver === driver.name),
  );
  const drivers = settings.drivers.filter(({ name }) =>
    patches.some((patch) => parsePatchName(patch)?.driver === name),
  );
  const bridges = await bridgeHeaders(drivers, packageRoot, files);
  const kernel = await kernelFiles(packageRoot, files);
  const copied = [
    ...kernel,
    ...bridges,
    ...patches.map((name) => `final-patches/${name}`),
    ...TEMPLATES.map((name) => `templates/${name}`),
    'LICENSE',
  ];
  const scripts = SCRIPTS.map((name) => [name, path.join(packageRoot, 'templates/dkms', name)] as const);
  return {
    texts: {
      ...(await folderTexts({ ...settings, drivers }, files)),
      ...(await probeTexts(settings, files)),
      'dkms.conf': await dkmsConf(settings, files),
      'settings.sh': `package_version='${settings.version}'\nmod_name='${settings.modName}'\ndriver_suffix='${settings.driverSuffix}'\n`,
      'drivers.list': drivers.map(driverLine).join(''),
    },
    copies: {
      ...Object.fromEntries(copied.map((name) => [name, path.join(packageRoot, name)])),
      ...Object.fromEntries(scripts),
    },
    drivers: drivers.map(({ name }) => name),
  };
}

function driverLine({ name, kind, path: place, kconfig, module, keyFile }: DriverEntry): string {
  return `${[name, kind, place, kconfig, module, kind === 'directory' ? keyFile : ''].join('\t')}\n`;
}

async function bridgeHeaders(
  drivers: readonly DriverEntry[],
  packageRoot: string,
  files: Files,
): Promise<string[]> {
  const found: string[] = [];
  for (const folder of await files.list(path.join(packageRoot, 'drivers'))) {
    const names = await files.list(path.join(packageRoot, 'drivers', folder)).catch(() => []);
    const headers = names.filter((name) => name.endsWith('.h'));
    const wanted = drivers.some(({ name }) => name.replace(/\.c$/, '') === folder);
    if (wanted) found.push(...headers.map((name) => `drivers/${folder}/${name}`));
  }
  return found;
}

/** What a build in the package's own folder leaves beside the sources. */
const MADE = /^unit-.*\.c$|\.mod\.c$/;

async function kernelFiles(packageRoot: string, files: Files, folder = 'kernel'): Promise<string[]> {
  const found: string[] = [];
  for (const name of await files.list(path.join(packageRoot, folder))) {
    const below = `${folder}/${name}`;
    if (await files.isDirectory(path.join(packageRoot, below)))
      found.push(...(await kernelFiles(packageRoot, files, below)));
    else if (/\.(c|h|mak|def)$/.test(name) && !MADE.test(name)) found.push(below);
  }
  return found;
}

/** The build folder's files, with words in the place of what only dkms.sh knows. */
async function folderTexts(settings: DkmsSettings, files: Files): Promise<Record<string, string>> {
  const folders = settings.drivers.map(({ name }) => name.replace(/\.c$/, ''));
  const build: BuildSettings = {
    packageRoot: SOURCE,
    buildDir: LATER.work,
    modName: settings.modName,
    subsystems: settings.subsystems,
    drivers: settings.drivers.map(({ name, kconfig, module }) => ({
      name,
      conf: kconfig,
      src: '',
      patch: '',
      patchDigest: '',
      module,
      bridges: [],
    })),
    apps: [],
    utils: false,
    versions: [],
    kernel: { dir: LATER.ksrc, hex: '', release: LATER.release, opts: [] },
    installModPath: '',
    driverSuffix: settings.driverSuffix,
    cc: 'cc',
    ld: 'ld',
    prefix: '/usr/local',
    destdir: '',
    debug: settings.debug,
    bridges: folders.map((name) => `${SOURCE}/drivers/${name}`),
    warnings: [LATER.warnings],
    commandLine: [],
  };
  const plan = planBuildFolder(build, '', await readTemplates(settings.packageRoot, files), false);
  const wanted = ['Kbuild', 'netmap.mak', 'default-config.mak'];
  const texts = plan.files.filter(({ file }) => wanted.includes(file));
  return Object.fromEntries(texts.map(({ file, content }) => [`folder/${file}`, content]));
}

async function probeTexts(settings: DkmsSettings, files: Files): Promise<Record<string, string>> {
  const { kbuild, source, emptyModule } = await probeText(settings.packageRoot, files);
  const lines = allProbes.map(({ id, macro, value = '', otherwise }) =>
    [id, macro, value, ...(otherwise === undefined ? [] : ['else', otherwise])].join('\t'),
  );
  const facts = [
    ...(settings.dmasync ? ['#define NETMAP_LINUX_HAVE_DMASYNC'] : []),
    `#define NETMAP_LINUX_DRIVER_SUFFIX "${settings.driverSuffix}"`,
  ];
  return {
    'probe/Kbuild': kbuild,
    'probe/probes.c': source,
    'probe/netmap_probe.c': emptyModule,
    'answers.list': `${lines.join('\n')}\n`,
    'facts.h': `${facts.join('\n')}\n`,
  };
}

async function dkmsConf({ packageRoot, version, modName }: DkmsSettings, files: Files): Promise<string> {
  const file = 'templates/dkms/dkms.conf.in';
  const text = await files.read(path.join(packageRoot, file));
  // The file is full of @ of bash: only these two words are ours.
  if (text !== undefined) return text.replaceAll('@VERSION@', version).replaceAll('@MODNAME@', modName);
  throw new NetmapError({
    code: 'package-incomplete',
    what: `${file} is missing from this installation`,
    mend: 'install the package again',
  });
}
