import ora from 'ora';
import type { CliContext } from '../context.js';

/**
 * Shows the steps of a long command: a spinner with elapsed time on a terminal, plain lines otherwise. All of it goes
 * to stderr, so that stdout holds results only.
 */
export function createSteps(context: CliContext, quiet = false) {
  const terminal = process.stderr.isTTY === true;
  return async function step<T>(
    title: string,
    work: (progress: (line: string) => void) => Promise<T>,
  ): Promise<T> {
    if (quiet) return work(() => undefined);
    const started = Date.now();
    const elapsed = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
    if (!terminal) {
      context.err(`${title} ...\n`);
      const result = await work((line) => context.err(`  ${line}\n`));
      context.err(`${title}: done in ${elapsed()}\n`);
      return result;
    }
    let detail = '';
    const spinner = ora({ text: title, stream: process.stderr, discardStdin: false }).start();
    const show = () => {
      spinner.text = `${title} (${elapsed()})${detail === '' ? '' : `  ${detail}`}`;
    };
    const timer = setInterval(show, 200);
    try {
      const result = await work((line) => {
        detail = line.slice(0, 80);
        show();
      });
      spinner.succeed(`${title} (${elapsed()})`);
      return result;
    } catch (error) {
      spinner.fail(`${title} (${elapsed()})`);
      throw error;
    } finally {
      clearInterval(timer);
    }
  };
}
