import { type SpawnOptions, spawn } from 'node:child_process';

/**
 * Starts a program in a process group of its own and kills the group with SIGKILL after `milliseconds`.
 *
 * @returns whether the program was killed: otherwise it had ended before
 */
export async function runKilled(
  file: string,
  args: readonly string[],
  options: SpawnOptions,
  milliseconds: number,
): Promise<boolean> {
  const child = spawn(file, args, { ...options, detached: true, stdio: 'ignore' });
  const ended = new Promise<NodeJS.Signals | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (_, signal) => resolve(signal));
  });
  const timer = setTimeout(() => process.kill(-(child.pid as number), 'SIGKILL'), milliseconds);
  const signal = await ended.finally(() => clearTimeout(timer));
  return signal === 'SIGKILL';
}
