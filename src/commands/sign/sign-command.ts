import path from 'node:path';
import type { Command } from 'commander';
import type { CliContext } from '../../core/context.js';
import type { EffectiveOptions } from '../../core/options/step.js';
import type { SigningKey } from '../../machine/sign/keys.js';
import type { SignatureState } from '../../machine/sign/sign.js';

interface SignFlags {
  build: string;
  createKey?: true;
  verify?: true;
}

/** `netmap-configure sign`: for machines that load signed modules only (Secure Boot). */
export function signCommand(program: Command, context: CliContext, effective: EffectiveOptions): void {
  program
    .command('sign')
    .description(
      'sign the modules of a build folder, before make install, with --sign-key or the key of shim or dkms; KBUILD_SIGN_PIN is the PIN of a token',
    )
    .argument('[modules...]', 'module files (default: all of the build folder)')
    .option('--build <dir>', 'build folder', context.cwd)
    .option('--create-key', 'make a key, and tell how the machine comes to trust it')
    .option('--verify', 'only tell who signed the modules; status 1 unless all are of this key')
    .action(async (named: string[], flags: SignFlags) => {
      const options = await effective();
      const [keys, { createRunner }, { realFiles }] = await Promise.all([
        import('../../machine/sign/keys.js'),
        import('../../core/runner.js'),
        import('../../core/files.js'),
      ]);
      const tools = { runner: createRunner(context.signal), files: realFiles };
      const absolute = (file: string) =>
        file === '' || keys.isToken(file) ? file : path.resolve(context.cwd, file);
      const given = { key: absolute(options.signKey), certificate: absolute(options.signCert) };
      const print = (document: object, lines: readonly string[]) =>
        context.out(options.json ? `${JSON.stringify(document, null, 2)}\n` : `${lines.join('\n')}\n`);
      if (flags.createKey) {
        const [usual] = keys.KEY_PLACES as readonly [SigningKey];
        const key = given.key || usual.key;
        const certificate =
          given.certificate || (given.key === '' ? usual.certificate : keys.certificateBeside(key));
        const made = { key, certificate };
        if (!options.dryRun) await keys.createKey(made, tools);
        const toDo = keys.enrolment(made);
        print({ dryRun: options.dryRun, ...made, enrolment: toDo }, [
          `${options.dryRun ? 'would make' : 'made'} ${key} and ${certificate}; the machine trusts it after:`,
          ...toDo.map((line) => `  ${line}`),
        ]);
        return;
      }
      const { findSignFile, modulesOf } = await import('../../machine/sign/modules.js');
      const { signModules, verifyModule } = await import('../../machine/sign/sign.js');
      const folder = path.resolve(context.cwd, flags.build);
      const modules =
        named.length > 0
          ? named.map((file) => path.resolve(context.cwd, file))
          : await modulesOf(folder, realFiles);
      if (flags.verify) {
        const key = await keys.findKey(given, tools).catch((error: unknown) => {
          if (given.key !== '') throw error;
          return undefined;
        });
        const certificate = given.certificate || key?.certificate;
        const states: SignatureState[] = [];
        for (const module of modules) states.push(await verifyModule(module, certificate, tools));
        print({ certificate: certificate ?? null, modules: states }, states.map(describe));
        process.exitCode = states.every(({ state }) => state === 'good') ? 0 : 1;
        return;
      }
      const key = await keys.findKey(given, tools);
      const request = { ...key, modules, ...(await findSignFile(folder, realFiles)) };
      if (options.dryRun) {
        print(
          { dryRun: true, ...request },
          modules.map((module) => `would sign ${module} with ${key.key}`),
        );
        return;
      }
      const states = await signModules(request, tools);
      const enrolled = await keys.isEnrolled(key.certificate, tools);
      const trusted =
        enrolled === true
          ? []
          : [
              `the machine ${enrolled === false ? 'does not trust' : 'may not trust'} this key yet:`,
              ...keys.enrolment(key).map((line) => `  ${line}`),
            ];
      print({ dryRun: false, ...key, enrolled: enrolled ?? null, modules: states }, [
        ...states.map(describe),
        ...trusted,
      ]);
    });
}

const WORDS = {
  good: 'signed',
  other: 'signed by another key',
  unsigned: 'not signed',
  broken: 'BROKEN: the module was changed after it was signed',
} as const;

function describe({ module, state, signer, serial, digest, by }: SignatureState): string {
  const who = signer === undefined ? '' : ` (${signer}, serial ${serial ?? '?'}, ${digest ?? '?'})`;
  return `${module}: ${WORDS[state]}${who}${by === undefined ? '' : ` by ${by}`}`;
}
