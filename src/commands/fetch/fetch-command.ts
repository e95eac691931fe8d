import type { Command } from 'commander';
import type { CliContext } from '../../core/context.js';
import type { EffectiveOptions } from '../../core/options/step.js';

/** `netmap-configure fetch`: archives of vendors' drivers, so that a configure run later needs no network. */
export function fetchCommand(program: Command, context: CliContext, effective: EffectiveOptions): void {
  program
    .command('fetch')
    .description('fetch and check the sources of external drivers, for configure runs without a network')
    .argument('[drivers...]', 'DRIVER or DRIVER:VERSION; all external drivers when none is named')
    .option('--list', 'print the versions that there are patches and archives of, and stop')
    .action(async (drivers: string[], flags: { list?: true }) => {
      const { fetchDrivers } = await import('./fetch-run.js');
      process.exitCode = await fetchDrivers(
        { drivers, list: flags.list === true },
        await effective(),
        context,
      );
    });
}
