import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Prerequisite } from '../src/lab/vm/prerequisites.js';

const OPTIONS = ['-q', '-y', '--no-install-recommends', '-o', 'Acquire::Retries=3'];

/**
 * Installs the Debian packages that are missing, saying which. As root through apt-get, else through sudo where
 * that asks for nothing. Returns the packages that are still missing.
 */
export function provide(needs: readonly Prerequisite[]): string[] {
  const missing = () => [
    ...new Set(
      needs.filter(({ files }) => !files.some((file) => existsSync(file))).map((need) => need.package),
    ),
  ];
  const wanted = missing();
  if (wanted.length === 0) return [];
  console.log(`installing through apt: ${wanted.join(' ')}`);
  // Lists of a fresh image are empty or old: without an update, packages are not found or gone from the mirror.
  if (!aptGet(['-q', 'update'])) console.log('apt-get update failed; trying with the lists that are there');
  if (!aptGet([...OPTIONS, 'install', ...wanted])) {
    console.log('apt-get could not install them together; trying one by one');
    for (const name of wanted) aptGet([...OPTIONS, 'install', name]);
  }
  return missing();
}

function aptGet(args: readonly string[]): boolean {
  const root = process.getuid?.() === 0;
  const [file, ...rest] = [...(root ? [] : ['sudo', '-n']), 'apt-get', ...args] as [string, ...string[]];
  const result = spawnSync(file, rest, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status === 0) return true;
  console.log(`${[file, ...rest].join(' ')}: ${result.error?.message ?? `exit status ${result.status}`}`);
  console.log(`${result.stdout ?? ''}${result.stderr ?? ''}`.trimEnd().split('\n').slice(-15).join('\n'));
  return false;
}
