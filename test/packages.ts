import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import type { Need } from './phases.js';

/** Is the program in PATH (or the file there)? */
export function isThere(probe: string): boolean {
  const places = probe.startsWith('/')
    ? [probe]
    : (process.env.PATH ?? '').split(':').map((dir) => path.join(dir, probe));
  return places.some((file) => {
    try {
      accessSync(file, probe.startsWith('/') ? constants.R_OK : constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Installs the Debian packages whose programs are missing, saying which. As root through apt-get, else it
 * says what to run. Resolves to the packages that are still missing.
 */
export function provide(needs: readonly Need[]): string[] {
  const missing = () => [
    ...new Set(needs.filter(({ probe }) => !isThere(probe)).map((need) => need.package)),
  ];
  const wanted = missing();
  if (wanted.length === 0) return [];
  if (process.getuid?.() !== 0) return wanted;
  console.log(`installing through apt: ${wanted.join(' ')}`);
  const options = {
    stdio: ['ignore', 'inherit', 'inherit'] as ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  spawnSync('apt-get', ['-qq', 'update'], options);
  spawnSync('apt-get', ['-qq', '-y', '--no-install-recommends', 'install', ...wanted], options);
  return missing();
}
