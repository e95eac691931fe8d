import { existsSync, readFileSync, realpathSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Root of the installed package: the directory that holds package.json, kernel/, drivers/, templates/.
 * Compiled code lies in dist/src, so the root is found by walking up and is right in a clone and in a tarball.
 */
export const packageRoot: string = findRoot(path.dirname(fileURLToPath(import.meta.url)));

function findRoot(from: string): string {
  for (let directory = from; ; directory = path.dirname(directory)) {
    if (existsSync(path.join(directory, 'package.json')) && existsSync(path.join(directory, 'kernel')))
      return directory;
    if (directory === path.dirname(directory)) throw new Error(`no package root above ${from}`);
  }
}

/**
 * Where downloads and everything derived from them are kept: `$NETMAP_CACHE_DIR`, else
 * `$XDG_CACHE_HOME/netmap-configure`, else `~/.cache/netmap-configure`. Safe to delete at any time.
 */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.NETMAP_CACHE_DIR) return path.resolve(env.NETMAP_CACHE_DIR);
  const base = env.XDG_CACHE_HOME ? path.resolve(env.XDG_CACHE_HOME) : path.join(os.homedir(), '.cache');
  return path.join(base, 'netmap-configure');
}

/** Version of this package. */
export function packageVersion(): string {
  const own: { readonly version: string } = JSON.parse(
    readFileSync(path.join(packageRoot, 'package.json'), 'utf8'),
  );
  return own.version;
}

/** The path without links in it; the file is there. */
export function realPath(file: string): string {
  return realpathSync(file);
}
