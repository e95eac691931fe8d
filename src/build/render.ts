import { createHash } from 'node:crypto';
import type { BuildSettings, BuiltDriver } from './settings.js';

const macro = (subsystem: string): string => `CONFIG_NETMAP_${subsystem.toUpperCase().replaceAll('-', '_')}`;

/** The compile flag of a subsystem that is on. */
export const subsystemFlag = (subsystem: string): string => `-D${macro(subsystem)}`;

/** Compile flags of netmap.ko and of every driver. */
export function moduleFlags(settings: BuildSettings): string {
  const { packageRoot, buildDir } = settings;
  const kernel = `${packageRoot}/kernel/include`;
  const includes = [buildDir, kernel, `${kernel}/dev`, `${kernel}/compat`, ...settings.bridges];
  return [
    ...includes.map((directory) => `-I${directory}`),
    '-DCONFIG_NETMAP',
    ...settings.warnings.map((name) => `-Wno-error=${name}`),
    ...(settings.debug ? ['-g'] : []),
    ...settings.subsystems.map(subsystemFlag),
    ...(settings.driverSuffix === '' ? [] : [`-DNETMAP_DRIVER_SUFFIX=${settings.driverSuffix}`]),
  ].join(' ');
}

/** Values of the templates' `@NAMES@`. Lists that are printed as sets carry no trailing blank here. */
export function templateValues(settings: BuildSettings): Record<string, string> {
  const { kernel, drivers } = settings;
  return {
    MODNAME: settings.modName,
    SUBSYS: settings.subsystems.join(' '),
    SUBSYS_CONFIG: settings.subsystems.map((name) => `${macro(name)} := y\n`).join(''),
    SRCDIR: settings.packageRoot,
    BUILDDIR: settings.buildDir,
    DEBUG: settings.debug ? '1' : '',
    KSRC: kernel.dir,
    SRC: kernel.sources ?? '',
    KOPTS: kernel.opts.join(' '),
    KRELEASE: kernel.release,
    MODPATH: settings.installModPath,
    LIN_VER: kernel.hex,
    MOD_LIST: drivers
      .filter(({ vendor }) => vendor === undefined)
      .reverse()
      .map((driver) => `${driver.conf}=m`)
      .join(' '),
    S_DRIVERS: drivers.map((driver) => driver.name).join(' '),
    E_DRIVERS: drivers
      .filter(({ vendor }) => vendor !== undefined)
      .map(({ name }) => name)
      .join(' '),
    UTILS: settings.utils ? '1' : '',
    DRVSUFFIX: settings.driverSuffix,
    APPS_LIST: settings.apps.join(' '),
    APPS_CC: settings.cc,
    APPS_LD: settings.ld,
    PREFIX: settings.prefix,
    DESTDIR: settings.destdir,
    REC_DISABLED_WARNINGS: settings.warnings.join(' '),
    NETMAP_CFLAGS: moduleFlags(settings),
    DRIVER_MODULES: drivers.map(driverVariables).join(''),
  };
}

/** A driver's bridge headers from elsewhere are found before those of the package. */
function driverVariables({ name, module, bridges }: BuiltDriver): string {
  const flags = bridges.length === 0 ? '' : `${name}@bridges := -I$(BUILDDIR)/bridges-${name}\n`;
  return `${name}@module := ${module}\n${flags}`;
}

/** `drivers.mak`: exactly three lines a driver. */
export function renderDriversMak(drivers: readonly BuiltDriver[]): string {
  return drivers
    .map(
      ({ name, conf, src, patch }) =>
        `${name}@conf := ${conf}\n${name}@src := ${src}\n${name}@patch := ${patch}\n`,
    )
    .join('');
}

/** What default-config.mak says about the drivers of vendors. */
export function renderVendors(drivers: readonly BuiltDriver[]): string {
  return drivers.map(({ vendor }) => vendor?.variables ?? '').join('');
}

/** `extdrv-versions.mak`: what --select-version chose, in the order given. */
export function renderVersions(versions: BuildSettings['versions']): string {
  return versions.map(([driver, version]) => `${driver}@v := ${version}\n`).join('');
}

/** Changes when a copied driver has to be made anew; `get-<driver>` depends on this file. */
export function renderInputs(driver: BuiltDriver, wrapper: string): string {
  const digest = createHash('sha256').update(wrapper).digest('hex');
  return `${driver.src}\n${driver.patch} ${driver.patchDigest}\ndrv-subdir.mak ${digest}\n`;
}

/** One line that configures again with the same arguments; every word in single quotes. */
export function renderStatus(commandLine: readonly string[]): string {
  return ` ${commandLine.map(quote).join(' ')}\n`;
}

export function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
