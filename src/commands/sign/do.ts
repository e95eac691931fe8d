import path from 'node:path';
import type { ConfigureInput } from '../../core/options/input.js';
import type { Result } from '../../core/options/result.js';
import type { Tools } from '../../core/tools.js';
import { createKey, findKey, isEnrolled, type SigningKey } from '../../machine/sign/keys.js';
import { findSignFile, modulesOf } from '../../machine/sign/modules.js';
import { type SignatureState, signModules, verifyModule } from '../../machine/sign/sign.js';
import { namedKey, newKey } from './plan.js';
import { showCreated, showPlanned, showSigned, showVerified } from './show.js';

/** `sign`: for machines that load signed modules only (Secure Boot). */
export async function run(input: ConfigureInput): Promise<Result> {
  const { words, flags, options, context, tools } = input;
  const named = namedKey(input);
  if (flags.createKey) {
    const made = newKey(named);
    if (!options.dryRun) await createKey(made, tools);
    return showCreated(made, options.dryRun);
  }
  const folder = path.resolve(context.cwd, flags.build ?? '.');
  const modules =
    words.length > 0
      ? words.map((file) => path.resolve(context.cwd, file))
      : await modulesOf(folder, tools.files);
  if (flags.verify) return verify(modules, named, tools);
  const key = await findKey(named, tools);
  const request = { ...key, modules, ...(await findSignFile(folder, tools.files)) };
  if (options.dryRun) return showPlanned(request);
  const states = await signModules(request, tools);
  return showSigned(key, await isEnrolled(key.certificate, tools), states);
}

/** Without any key on this machine, the signers are told all the same. */
async function verify(modules: readonly string[], named: SigningKey, tools: Tools): Promise<Result> {
  const key = await findKey(named, tools).catch((error: unknown) => {
    if (named.key !== '') throw error;
    return undefined;
  });
  const certificate = named.certificate || key?.certificate;
  const states: SignatureState[] = [];
  for (const module of modules) states.push(await verifyModule(module, certificate, tools));
  return showVerified(certificate, states);
}
