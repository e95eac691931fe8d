import path from 'node:path';
import { NetmapError } from '../core/errors.js';
import type { Files } from '../core/files.js';
import { removeLeftovers } from '../core/leftovers.js';
import { instantiate } from '../core/template.js';
import {
  renderDriversMak,
  renderInputs,
  renderStatus,
  renderVendors,
  renderVersions,
  templateValues,
} from './render.js';
import type { BuildSettings } from './settings.js';

export interface PlannedFile {
  readonly file: string;
  readonly content: string;
  readonly mode?: number;
}

export interface PlannedLink {
  readonly link: string;
  readonly target: string;
}

/** What will be in the build folder; paths are relative to it. netmap.mak comes last of what make needs. */
export interface BuildFolderPlan {
  readonly links: readonly PlannedLink[];
  readonly files: readonly PlannedFile[];
  /** Only made when missing, because the build itself writes them. */
  readonly emptyFiles: readonly string[];
  readonly removed: readonly string[];
}

export interface Templates {
  readonly kbuild: string;
  readonly netmapMak: string;
  readonly defaultConfig: string;
  readonly intelFix: string;
  readonly drvSubdir: string;
}

export async function readTemplates(packageRoot: string, files: Files): Promise<Templates> {
  const read = async (name: string) => {
    const text = await files.read(path.join(packageRoot, 'templates', name));
    if (text !== undefined) return text;
    throw new NetmapError({
      code: 'package-incomplete',
      what: `templates/${name} is missing from this installation`,
      mend: 'install the package again',
    });
  };
  return {
    kbuild: await read('Kbuild.in'),
    netmapMak: await read('netmap.mak.in'),
    defaultConfig: await read('default-config.mak.in'),
    intelFix: await read('intel-fix.sh.in'),
    drvSubdir: await read('drv-subdir.mak'),
  };
}

/** The contents of the build folder as a function of the settings and the probed header. Pure. */
export function planBuildFolder(
  settings: BuildSettings,
  header: string,
  templates: Templates,
  userPatches: boolean,
): BuildFolderPlan {
  const root = settings.packageRoot;
  const values = templateValues(settings);
  return {
    links: [
      ...(settings.drivers.length > 0 && !userPatches
        ? [{ link: 'patches', target: path.join(root, 'final-patches') }]
        : []),
      { link: 'drv-subdir.mak', target: path.join(root, 'templates/drv-subdir.mak') },
      // The package has its own, for builds in its folder.
      ...(settings.buildDir === root
        ? []
        : [{ link: 'GNUmakefile', target: path.join(root, 'templates/GNUmakefile') }]),
      { link: 'build-libnetmap/GNUmakefile', target: path.join(root, 'libnetmap/GNUmakefile') },
      ...settings.drivers.flatMap(({ name, bridges }) =>
        bridges.map((header) => ({ link: `bridges-${name}/${path.basename(header)}`, target: header })),
      ),
      ...settings.apps.map((app) => ({
        link: `build-apps/${app}/GNUmakefile`,
        target: path.join(root, 'apps', app, 'GNUmakefile'),
      })),
    ],
    files: [
      { file: 'netmap_linux_config.h', content: header },
      ...settings.drivers.flatMap(({ patch, madePatch }) =>
        madePatch === undefined ? [] : [{ file: patch, content: madePatch }],
      ),
      { file: 'drivers.mak', content: renderDriversMak(settings.drivers) },
      ...(settings.versions.length === 0
        ? []
        : [{ file: 'extdrv-versions.mak', content: renderVersions(settings.versions) }]),
      {
        file: 'default-config.mak',
        content: instantiate(templates.defaultConfig, values) + renderVendors(settings.drivers),
      },
      ...(settings.drivers.some(({ vendor }) => vendor?.fixed)
        ? [{ file: 'intel-fix.sh', content: instantiate(templates.intelFix, values), mode: 0o755 }]
        : []),
      ...settings.drivers.map((driver) => ({
        file: `.inputs-${driver.name}`,
        content: renderInputs(driver, templates.drvSubdir),
      })),
      { file: 'Kbuild', content: instantiate(templates.kbuild, values) },
      { file: 'netmap.mak', content: instantiate(templates.netmapMak, values) },
      { file: 'config.status', content: renderStatus(settings.commandLine), mode: 0o755 },
    ],
    emptyFiles: ['Module.symvers'],
    removed: settings.versions.length === 0 ? ['extdrv-versions.mak'] : [],
  };
}

/**
 * Brings the build folder into the planned state. Every file is replaced atomically and only when its
 * content differs, so that a repeated configure leads to no needless rebuild.
 *
 * @throws NetmapError `interrupted` between two files after Ctrl-C; a second run completes the work.
 */
export async function applyBuildFolder(
  plan: BuildFolderPlan,
  buildDir: string,
  files: Files,
  signal: AbortSignal,
): Promise<void> {
  const at = (name: string) => path.join(buildDir, name);
  const step = () => {
    if (signal.aborted) throw new NetmapError({ code: 'interrupted', what: 'interrupted', exitCode: 130 });
  };
  await removeLeftovers(buildDir);
  for (const name of plan.removed) await files.remove(at(name));
  for (const { link, target } of plan.links) {
    step();
    await files.symlink(target, at(link));
  }
  for (const name of plan.emptyFiles) if (!(await files.exists(at(name)))) await files.write(at(name), '');
  for (const { file, content, mode } of plan.files) {
    step();
    if ((await files.read(at(file))) !== content) await files.write(at(file), content, mode);
  }
}
