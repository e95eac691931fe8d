import os from 'node:os';
import path from 'node:path';
import { NetmapError } from '../../core/errors.js';
import { withFolder } from '../../core/files.js';
import type { Tools } from '../../core/tools.js';

/** What modules are signed with. */
export interface SigningKey {
  /** File with a private key, or a `pkcs11:` URI (RFC 7512) of one in a token. */
  readonly key: string;
  /** File with its X.509 certificate, PEM or DER. */
  readonly certificate: string;
}

/** Where a key is made when no place is named. */
export const USUAL_KEY: SigningKey = {
  key: '/var/lib/shim-signed/mok/MOK.priv',
  certificate: '/var/lib/shim-signed/mok/MOK.der',
};

/** Where update-secureboot-policy of Debian and Ubuntu looks, and where dkms makes its own. */
export const KEY_PLACES: readonly SigningKey[] = [
  USUAL_KEY,
  { key: '/var/lib/dkms/mok.key', certificate: '/var/lib/dkms/mok.pub' },
];

/** Beginning of the names of folders with keys and signatures that are being made. */
export const ASIDE = '.netmap-sign-';

export const isToken = (key: string): boolean => key.startsWith('pkcs11:');

/**
 * The key to sign with: the named one, else the first of the usual places.
 *
 * @throws NetmapError `no-signing-key`, `no-certificate`
 */
export async function findKey(
  named: { readonly key: string; readonly certificate: string },
  { files }: Tools,
  places = KEY_PLACES,
): Promise<SigningKey> {
  const candidates =
    named.key === ''
      ? places
      : [{ key: named.key, certificate: named.certificate || certificateBeside(named.key) }];
  for (const one of candidates) {
    if (!isToken(one.key) && !(await files.exists(one.key))) continue;
    const certificate = named.certificate || one.certificate;
    if (certificate !== '' && (await files.exists(certificate))) return { key: one.key, certificate };
    throw new NetmapError({
      code: 'no-certificate',
      what: `there is no certificate for the key ${one.key}`,
      why: certificate === '' ? 'a token needs --sign-cert=FILE' : `${certificate} is not there`,
      mend: 'name its X.509 certificate, PEM or DER, with --sign-cert=FILE',
      exitCode: 2,
    });
  }
  throw new NetmapError({
    code: 'no-signing-key',
    what: 'there is no key to sign modules with',
    why: `looked for ${candidates.map(({ key }) => key).join(' and ')}`,
    mend: 'name one with --sign-key, or make one: sudo netmap-configure sign --create-key',
    exitCode: 2,
  });
}

/** `MOK.priv` and `MOK.der`, `key.pem` and `key.der`. */
export function certificateBeside(key: string): string {
  return isToken(key) ? '' : `${key.replace(/\.[^./]*$/, '')}.der`;
}

/**
 * Makes a key pair and a certificate as shim's MokManager enrols them: for signing modules only (the second usage is the
 * object identifier that shim refuses kernels with). Nothing that is there is overwritten.
 *
 * @throws NetmapError `key-exists`, `key-failed`
 */
export async function createKey({ key, certificate }: SigningKey, tools: Tools): Promise<void> {
  const { runner, files } = tools;
  if (isToken(key)) {
    throw new NetmapError({
      code: 'key-failed',
      what: 'a key in a token is made with the tools of the token',
      mend: 'pkcs11-tool --keypairgen, then name its URI with --sign-key',
      exitCode: 2,
    });
  }
  for (const file of [key, certificate]) {
    if (!(await files.exists(file))) continue;
    throw new NetmapError({
      code: 'key-exists',
      what: `${file} is there already`,
      why: 'modules may be signed with it, and it may be enrolled',
      mend: 'sign with it, or name other files with --sign-key and --sign-cert',
    });
  }
  await files.mkdir(path.dirname(key), { parents: true, mode: 0o700 });
  await files.makeDirectory(path.dirname(certificate));
  // Beside the key, so that it is never on another file system, and moved as a whole: the certificate first.
  await withFolder(path.join(path.dirname(key), ASIDE), files, async (folder) => {
    const made = { key: path.join(folder, 'key'), certificate: path.join(folder, 'certificate') };
    await runner.run({
      file: 'openssl',
      args: [
        ...['req', '-new', '-x509', '-newkey', 'rsa:2048', '-nodes', '-sha256', '-days', '36500'],
        ...['-subj', `/CN=netmap module signing key of ${os.hostname().replaceAll(/[^\w.-]/g, '_')}/`],
        ...['-addext', 'extendedKeyUsage=codeSigning,1.3.6.1.4.1.2312.16.1.2'],
        ...['-addext', 'keyUsage=digitalSignature'],
        ...['-outform', 'DER', '-keyout', made.key, '-out', made.certificate],
      ],
      failure: { code: 'key-failed', what: 'openssl cannot make a key' },
    });
    await files.chmod(made.key, 0o600);
    await files.rename(made.certificate, certificate);
    await files.rename(made.key, key);
  });
}

/** Whether the machine trusts a certificate, as far as mokutil knows; undefined without mokutil or without EFI. */
export async function isEnrolled(certificate: string, tools: Tools): Promise<boolean | undefined> {
  return withFolder(path.join(os.tmpdir(), ASIDE), tools.files, async (folder) => {
    const der = path.join(folder, 'certificate.der');
    await toForm(certificate, 'DER', der, tools);
    const { stdout, stderr } = await tools.runner.run({
      file: 'mokutil',
      args: ['--test-key', der],
      allowFailure: true,
    });
    if (/is not enrolled/.test(stdout + stderr)) return false;
    return /already (enrolled|in)/.test(stdout + stderr) ? true : undefined;
  });
}

/** @throws NetmapError `no-certificate` for a file that is none */
export async function toForm(
  certificate: string,
  form: 'PEM' | 'DER',
  to: string,
  { runner }: Tools,
): Promise<void> {
  await runner.run({
    file: 'openssl',
    args: ['x509', '-in', certificate, '-outform', form, '-out', to],
    failure: { code: 'no-certificate', what: `${certificate} is not an X.509 certificate`, exitCode: 2 },
  });
}

/** What a person has to do so that the machine trusts the key. */
export function enrolment({ certificate }: SigningKey): string[] {
  return [
    `mokutil --import ${certificate}    (asks for a password that you make up)`,
    'reboot; in the blue MokManager screen: Enroll MOK, Continue, Yes, that password',
    `mokutil --test-key ${certificate}  (says that it is enrolled)`,
  ];
}
