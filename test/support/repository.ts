import { spawnSync } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../src/core/paths.js';

/** Makes a repository of this tree as it is now: changes that are not committed yet count too. */
export function cloneInto(folder: string): void {
  const listed = git(packageRoot, 'ls-files', '-z', '--cached', '--others', '--exclude-standard');
  for (const file of listed.split('\0').filter((name) => name !== '')) {
    const from = path.join(packageRoot, file);
    if (existsSync(from)) cpSync(from, path.join(folder, file), { verbatimSymlinks: true });
  }
  git(folder, 'init', '-q');
  git(folder, 'add', '-A');
  git(
    folder,
    ...['-c', 'user.name=test', '-c', 'user.email=test@example.org'],
    ...['commit', '-q', '-m', 'tree'],
  );
}

export function git(cwd: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout;
}
