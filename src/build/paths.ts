import path from 'node:path';
import { NetmapError } from '../core/errors.js';

/** Characters that make, kbuild's `$(call)` and the shell all take as they are. */
const HARMLESS = /^[A-Za-z0-9_./+@=^-]*$/;

/**
 * @throws NetmapError `unsafe-path` for a path that kbuild cannot handle: blanks and colons separate words
 *   in make rules, and quotes or dollar signs would be interpreted.
 */
export function checkPath(what: string, file: string): void {
  if (HARMLESS.test(file.replaceAll('~', ''))) return;
  const culprit = [...file].find((letter) => !HARMLESS.test(letter) && letter !== '~') ?? '';
  throw new NetmapError({
    code: 'unsafe-path',
    what: `the ${what} cannot be ${JSON.stringify(file)}`,
    why: `the kernel's build system cannot handle ${culprit === ' ' ? 'blanks' : JSON.stringify(culprit)} in paths`,
    mend: 'use a directory whose path has only letters, digits and _ . / + @ = ^ ~ -',
    exitCode: 2,
  });
}

/** Is `inner` the directory `outer` or below it? Both absolute. */
export function isInside(inner: string, outer: string): boolean {
  const relative = path.relative(outer, inner);
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative));
}

/** @throws NetmapError `build-folder-in-sources` when outputs would mix with the sources in `owner`. */
export function checkOutside(buildDir: string, owner: string, what: string): void {
  if (!isInside(buildDir, owner)) return;
  throw new NetmapError({
    code: 'build-folder-in-sources',
    what: `${buildDir} cannot be the build folder`,
    why: `it is inside ${what} (${owner}), where the results would mix with sources`,
    mend: 'run from a folder of your own: mkdir ~/netmap-build && cd ~/netmap-build',
    exitCode: 2,
  });
}

/** Folders of the package; every other folder below it can be a build folder, and so can the package itself. */
const OWN_FOLDERS = new Set([
  ...['LICENSES', 'apps', 'bench', 'bin', 'dist', 'docs', 'drivers', 'examples', 'final-patches'],
  ...['kernel', 'lab', 'libnetmap', 'node_modules', 'src', 'templates', 'test', '.ci', '.git', '.github'],
]);

/**
 * In-tree builds take the package's own folder, as the classic script did in its LINUX folder.
 *
 * @throws NetmapError `build-folder-in-sources` for a folder that holds sources of the package, and for a package that
 *   npm installed, where the next update would take the results away.
 */
export function checkBuildFolder(buildDir: string, packageRoot: string): void {
  if (!isInside(buildDir, packageRoot)) return;
  if (packageRoot.split('/').includes('node_modules')) {
    checkOutside(buildDir, packageRoot, 'the netmap package');
  }
  const [first] = path.relative(packageRoot, buildDir).split('/');
  if (first !== undefined && OWN_FOLDERS.has(first)) {
    checkOutside(buildDir, path.join(packageRoot, first), 'the netmap package');
  }
}
