import { Argument, type Command } from 'commander';
import type { CliContext } from '../../core/context.js';
import type { ConfigureOptions } from '../../core/options/options.js';
import type { EffectiveOptions } from '../../core/options/step.js';

/** `netmap-configure dkms`: one package for netmap.ko and the drivers that follows the kernels of this machine. */
export function dkmsCommand(program: Command, context: CliContext, effective: EffectiveOptions): void {
  program
    .command('dkms')
    .description(
      'install netmap.ko and the drivers through dkms, for every kernel with headers (or --kernel-version); with --destdir only make the source tree below it',
    )
    .addArgument(new Argument('[action]').choices(['install', 'remove']).default('install'))
    .action(async (action: 'install' | 'remove') => {
      const options = await effective();
      const [
        { planTree },
        { installDkms, planDkms, removeDkms },
        { writeTree },
        { createRunner },
        { realFiles },
      ] = await Promise.all([
        import('../../machine/dkms/tree.js'),
        import('../../machine/dkms/dkms.js'),
        import('../../machine/dkms/write-tree.js'),
        import('../../core/runner.js'),
        import('../../core/files.js'),
      ]);
      const progress = (line: string) => context.err(`  ${line}\n`);
      const tools = {
        files: realFiles,
        runner: createRunner(context.signal),
        ...(options.json ? {} : { progress }),
      };
      const print = (document: object, text: string) =>
        context.out(options.json ? `${JSON.stringify(document, null, 2)}\n` : text);
      if (action === 'remove') {
        const removed = options.dryRun ? [] : await removeDkms(tools);
        print(
          { dryRun: options.dryRun, removed },
          options.dryRun
            ? 'would remove every netmap package of dkms\n'
            : `removed: ${removed.join(' ') || 'there was none'}\n`,
        );
        return;
      }
      const settings = await settingsOf(options, program.version() ?? '');
      const tree = await planTree(settings, realFiles);
      if (options.destdir !== '') {
        const path = await import('node:path');
        const directory = path.resolve(context.cwd, options.destdir, `usr/src/netmap-${settings.version}`);
        if (!options.dryRun) await writeTree(tree, directory, realFiles);
        print(
          { dryRun: options.dryRun, tree: directory, drivers: tree.drivers },
          `${directory}: dkms add netmap/${settings.version} registers it\n`,
        );
        return;
      }
      const plan = await planDkms(tree, settings.version, options.kernelVersion, tools);
      if (!options.dryRun) await installDkms(plan, tree, tools);
      const verb = options.dryRun ? 'would install' : 'installed';
      print(
        { dryRun: options.dryRun, ...plan },
        `${verb} netmap/${plan.version} for ${plan.kernels.join(' ') || 'no kernel: none has headers'}\n`,
      );
    });
}

async function settingsOf(options: ConfigureOptions, version: string) {
  const [{ loadCatalogue }, { realFiles }, { packageRoot }] = await Promise.all([
    import('../../facts/drivers/catalogue.js'),
    import('../../core/files.js'),
    import('../../core/paths.js'),
  ]);
  const catalogue = await loadCatalogue(packageRoot, realFiles);
  return {
    packageRoot,
    version,
    modName: options.modName,
    driverSuffix: options.driverSuffix,
    subsystems: [...options.subsystems].reverse(),
    drivers: catalogue.filter(({ name }) => options.drivers.includes(name)),
    dmasync: options.dmasync,
    debug: options.forceDebug,
  };
}
