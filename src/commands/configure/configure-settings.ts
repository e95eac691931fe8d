import { createHash } from 'node:crypto';
import path from 'node:path';
import { hasOwnPatches } from '../../build/patch-folders.js';
import type { BuildSettings, BuiltDriver } from '../../build/settings.js';
import { packageRoot } from '../../core/paths.js';
import type { DriverDecision, NativeDriver } from '../../facts/drivers/decide.js';
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
  for (const decision of decisions) {
    if (decision.result === 'native') built.push(await builtDriver(decision, run));
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

async function builtDriver(decision: NativeDriver, run: Run): Promise<BuiltDriver> {
  const { driver: name, conf, src, patch, module } = decision;
  const base = { name, conf, src, patch, module };
  if (decision.code === 'patch-by-rules') {
    const { madePatch } = decision;
    const patchDigest = createHash('sha256').update(madePatch).digest('hex');
    return { ...base, patchDigest, bridges: [], madePatch };
  }
  const { patchesFrom, vendor } = decision;
  const patchDigest = await digestOf(patch, run);
  const bridges = patchesFrom === undefined ? [] : await bridgeHeaders(path.dirname(patchesFrom), run);
  const row = vendor === undefined ? undefined : findVendor(name);
  if (vendor === undefined || row === undefined) return { ...base, patchDigest, bridges };
  const build = vendorBuild(row, vendor.version, vendor.tree);
  return { ...base, patchDigest, bridges, module: build.module, vendor: build };
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
