import { createHash } from 'node:crypto';
import path from 'node:path';
import { hasOwnPatches } from '../../build/patch-folders.js';
import type { BuildSettings, BuiltDriver } from '../../build/settings.js';
import { packageRoot } from '../../core/paths.js';
import type { DriverDecision } from '../../facts/drivers/decide.js';
import { vendorBuild } from '../../facts/external/makefile.js';
import { findVendor } from '../../facts/external/vendors.js';
import type { KernelTree } from '../../facts/kernel-tree/tree.js';
import type { Run } from './configure-run.js';

/** The settings of the build folder: options, kernel and decisions put together. Reads patches and bridges. */
export async function settingsOf(
  run: Run,
  kernel: KernelTree,
  decisions: readonly DriverDecision[],
  apps: readonly string[],
  warnings: readonly string[],
): Promise<BuildSettings> {
  const { options, files } = run;
  const built: BuiltDriver[] = [];
  for (const { driver, result, conf, src, patch, module, madePatch, patchesFrom, vendor } of decisions) {
    if (result !== 'native' || !conf || !src || !patch || !module) continue;
    const made = madePatch === undefined ? {} : { madePatch };
    const patchDigest =
      madePatch === undefined
        ? await digestOf(patch, run)
        : createHash('sha256').update(madePatch).digest('hex');
    const bridges = patchesFrom === undefined ? [] : await bridgeHeaders(path.dirname(patchesFrom), run);
    const row = vendor && findVendor(driver);
    const build = row && vendorBuild(row, vendor.version, vendor.tree);
    const how = build === undefined ? { module } : { module: build.module, vendor: build };
    built.push({ name: driver, conf, src, patch, patchDigest, bridges, ...how, ...made });
  }
  const bridges = [];
  for (const name of await files.list(path.join(packageRoot, 'drivers'))) {
    const folder = path.join(packageRoot, 'drivers', name);
    if (await files.exists(path.join(folder, 'manifest.json'))) bridges.push(folder);
  }
  return {
    packageRoot,
    buildDir: run.buildDir,
    modName: options.modName,
    subsystems: [...options.subsystems].reverse(),
    drivers: built,
    apps: [...apps].reverse(),
    utils: options.utils,
    versions: options.versions,
    kernel: {
      dir: kernel.buildDir,
      ...(kernel.sourceDir === undefined ? {} : { sources: kernel.sourceDir }),
      hex: kernel.version.hex,
      release: kernel.release,
      opts: options.kernelOpts,
    },
    installModPath: options.installModPath,
    driverSuffix: options.driverSuffix,
    cc: options.cc,
    ld: options.ld,
    prefix: options.prefix,
    destdir: options.destdir,
    debug: options.forceDebug,
    bridges,
    warnings,
    commandLine: run.commandLine,
  };
}

/** Bridge headers of another checkout: `if_igb_netmap.h`, `ixgbe_netmap_linux.h`. Leftovers of its own builds are not. */
async function bridgeHeaders(folder: string, { files }: Run): Promise<string[]> {
  const names = (await files.list(folder)).filter((name) => /_netmap.*\.h$/.test(name));
  return names.map((name) => path.join(folder, name));
}

/** Of the text of all patches in a `driver@patch` value; those that are not there yet count as empty. */
async function digestOf(patches: string, run: Run): Promise<string> {
  const hash = createHash('sha256');
  const ownPatches = await hasOwnPatches(run);
  for (const patch of patches.split(/\s+/)) {
    const packaged = !ownPatches && patch.startsWith('patches/');
    const file = packaged
      ? path.join(packageRoot, 'final-patches', patch.slice('patches/'.length))
      : path.resolve(run.buildDir, patch);
    hash.update((await run.files.read(file)) ?? '');
  }
  return hash.digest('hex');
}
