import path from 'node:path';
import type { ConfigureInput } from '../../core/options/input.js';
import { certificateBeside, isToken, type SigningKey, USUAL_KEY } from '../../machine/sign/keys.js';

/** The key and the certificate that were named; empty when they were not. */
export function namedKey({ options, context }: ConfigureInput): SigningKey {
  const absolute = (file: string) => (file === '' || isToken(file) ? file : path.resolve(context.cwd, file));
  return { key: absolute(options.signKey), certificate: absolute(options.signCert) };
}

/** Where --create-key puts a key. */
export function newKey(named: SigningKey): SigningKey {
  const key = named.key || USUAL_KEY.key;
  const beside = named.key === '' ? USUAL_KEY.certificate : certificateBeside(key);
  return { key, certificate: named.certificate || beside };
}
