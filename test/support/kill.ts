import { type SpawnOptions, spawn } from 'node:child_process';
import { randomNumbers } from './seed.js';

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

/**
 * Kills a run at `count` moments spread over its length, which is `milliseconds` at first. A machine that has become
 * quicker meanwhile would finish most of them: a run that came to its end tells the new length, and its moment is tried
 * again.
 *
 * @param kill starts a run and kills it after that many milliseconds; whether it was killed before its end
 * @returns how many were killed
 */
export async function killAtMoments(
  count: number,
  milliseconds: number,
  kill: (after: number, moment: number) => Promise<boolean>,
): Promise<number> {
  const below = randomNumbers();
  let length = milliseconds;
  let killed = 0;
  for (let tries = 0; killed < count && tries < 3 * count; tries++) {
    const started = performance.now();
    if (await kill(((killed + below(1000) / 1000) / count) * length, killed)) killed++;
    else length = Math.min(length, performance.now() - started);
  }
  return killed;
}
