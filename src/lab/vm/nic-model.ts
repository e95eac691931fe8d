import { createHash } from 'node:crypto';
import path from 'node:path';
import { exitCodes, NetmapError } from '../../core/errors.js';
import { withLock } from '../../core/lock.js';
import { cacheDirectory, packageRoot } from '../../core/paths.js';
import type { Tools } from '../../core/tools.js';
import { openApt } from './apt.js';

/** A software NIC for stock QEMU: a shared object to give to exactly one QEMU binary by LD_PRELOAD. */
export interface NicModel {
  readonly plugin: string;
  /** Debian version of QEMU's source package that it was built for. */
  readonly qemuVersion: string;
}

/** Folders of lab/nic-models. */
export const nicModels = ['rtl8168', 'ptnet'] as const;
export type NicModelName = (typeof nicModels)[number];

const MODELS = path.join(packageRoot, 'lab', 'nic-models');

const BUILD = path.join(MODELS, 'build.sh');

/** Of QEMU's source only headers, and what generates headers, is used: no configure, no meson. */
const QEMU_PARTS = ['VERSION', 'include', 'linux-headers', 'qapi', 'scripts'];

/**
 * The plug-in of a model for the installed QEMU, built once for each version of the model's sources and of QEMU. The
 * first call of all fetches QEMU's source package (24 MB); later ones need no network.
 *
 * @throws NetmapError `qemu-missing`, `fetch-failed`, `nic-model-build-failed`
 */
export async function obtainNicModel(name: NicModelName, deps: Tools): Promise<NicModel> {
  const qemuVersion = await installedQemu(deps);
  const key = createHash('sha256').update(qemuVersion);
  for (const folder of [name, 'include', path.join('..', '..', 'kernel', 'include', 'net')]) {
    for (const file of await deps.files.list(path.join(MODELS, folder))) {
      key.update(`\0${file}\0`).update(await deps.files.readBytes(path.join(MODELS, folder, file)));
    }
  }
  key.update(await deps.files.readBytes(BUILD));
  const directory = path.join(cacheDirectory(), 'nic-models');
  const plugin = path.join(directory, `${name}-${key.digest('hex').slice(0, 16)}.so`);
  const model = { plugin, qemuVersion };
  if (await deps.files.exists(plugin)) return model;
  await withLock(
    `${plugin}.lock`,
    async () => {
      if (await deps.files.exists(plugin)) return;
      const source = await obtainQemuHeaders(qemuVersion, deps);
      await build(name, source, plugin, deps);
    },
    deps.signal,
  );
  return model;
}

async function build(name: NicModelName, source: string, plugin: string, deps: Tools): Promise<void> {
  deps.progress?.(`building the software NIC ${name} for QEMU`);
  const temporary = `${plugin}.${process.pid}.tmp`;
  try {
    await deps.runner.run({
      file: 'sh',
      args: [BUILD, path.join(MODELS, name), source, temporary],
      logFile: `${plugin}.log`,
      failure: {
        code: 'nic-model-build-failed',
        what: `the software NIC ${name} does not build for the installed QEMU`,
        mend: 'apt-get install gcc pkg-config libglib2.0-dev python3',
        exitCode: exitCodes.buildFailed,
      },
    });
    await deps.files.rename(temporary, plugin);
  } finally {
    await deps.files.remove(temporary);
  }
}

/** Version of the source package of the installed emulator. */
async function installedQemu(deps: Tools): Promise<string> {
  const result = await deps.runner.run({
    file: 'dpkg-query',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: fields of dpkg's own format
    args: ['-W', '-f', '${db:Status-Status} ${source:Version}', 'qemu-system-x86'],
    allowFailure: true,
  });
  const version = /^installed (\S+)$/.exec(result.stdout.trim())?.[1];
  if (version !== undefined) return version;
  throw new NetmapError({
    code: 'qemu-missing',
    what: 'virtual machines need QEMU',
    why: 'the Debian package qemu-system-x86 is not installed',
    mend: 'apt-get install qemu-system-x86',
  });
}

/** Headers of exactly that version, Debian's changes applied: stable updates change QEMU's internal interfaces. */
async function obtainQemuHeaders(version: string, deps: Tools): Promise<string> {
  const directory = path.join(cacheDirectory(), 'qemu-headers', version.replaceAll(/[^\w.+-]/g, '_'));
  if (await deps.files.exists(path.join(directory, 'VERSION'))) return directory;
  const temporary = `${directory}.${process.pid}.tmp`;
  const codename = await debianCodename(deps);
  const suites = ['', '-updates', '-security', '-backports'].map((suffix) => codename + suffix);
  try {
    const apt = await openApt(`qemu-${codename}`, suites, deps);
    deps.progress?.(`fetching the source of QEMU ${version}`);
    await apt.get(['source', '--download-only', '--only-source', `qemu=${version}`], temporary);
    await apt.tidy();
    const dsc = (await deps.files.list(temporary)).find((file) => file.endsWith('.dsc')) ?? '';
    const source = path.join(temporary, 'source');
    // apt checked the signature of the index that holds the checksums; the .dsc needs no second check.
    await deps.runner.run({
      file: 'dpkg-source',
      args: ['--no-check', '-x', dsc, source],
      cwd: temporary,
      logFile: `${directory}.log`,
    });
    const parts = path.join(temporary, 'parts');
    await deps.files.makeDirectory(parts);
    for (const part of QEMU_PARTS) {
      await deps.files.copyInto(path.join(source, part), path.join(parts, part));
    }
    await deps.files.remove(directory);
    await deps.files.rename(parts, directory);
    return directory;
  } finally {
    await deps.files.remove(temporary);
  }
}

async function debianCodename(deps: Tools): Promise<string> {
  const release = (await deps.files.read('/etc/os-release')) ?? '';
  const codename = /^VERSION_CODENAME=(\S+)$/m.exec(release)?.[1];
  // Debian testing and unstable have no codename of their own in every image: sid carries their sources.
  return codename ?? 'sid';
}
