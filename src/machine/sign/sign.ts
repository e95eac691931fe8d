import os from 'node:os';
import path from 'node:path';
import { NetmapError } from '../../core/errors.js';
import { withFolder } from '../../core/files.js';
import type { Tools } from '../../core/tools.js';
import { ASIDE, isToken, type SigningKey, toForm } from './keys.js';
import { appendSignature, splitModule } from './signature.js';

export interface SignRequest extends SigningKey {
  readonly modules: readonly string[];
  /** Digest that the kernel wants (CONFIG_MODULE_SIG_HASH). */
  readonly digest: string;
  /** scripts/sign-file of the kernel, where there is one. */
  readonly signFile?: string;
}

/** What a module says about its signature, and whether it is good. */
export interface SignatureState {
  readonly module: string;
  /** `good`: of that certificate; `other`: of another one, or none was given; `broken`: of it, but the module was changed. */
  readonly state: 'good' | 'other' | 'unsigned' | 'broken';
  /** Common name of the issuer of the signer's certificate. */
  readonly signer?: string;
  /** Serial number of the signer's certificate in hexadecimal. */
  readonly serial?: string;
  readonly digest?: string;
  /** What signed it in this run. */
  readonly by?: string;
}

/**
 * Signs modules; each is replaced as a whole, and only by one whose signature verifies. Earlier signatures are taken off.
 *
 * @throws NetmapError `module-unreadable`, `sign-failed`, `no-certificate`
 */
export async function signModules(request: SignRequest, tools: Tools): Promise<SignatureState[]> {
  const states: SignatureState[] = [];
  for (const module of request.modules) {
    const before = await verifyModule(module, request.certificate, tools);
    states.push(before.state === 'good' ? before : await signOne(module, request, tools));
  }
  return states;
}

async function signOne(module: string, request: SignRequest, tools: Tools): Promise<SignatureState> {
  const split = await readSplit(module, tools);
  const { contents } = split === 'broken' ? { contents: await tools.files.readBytes(module) } : split;
  return withFolder(path.join(os.tmpdir(), ASIDE), tools.files, async (folder) => {
    const signed = path.join(folder, path.basename(module));
    const failures: string[] = [];
    for (const [by, sign] of ways(request)) {
      await tools.files.put(signed, contents);
      const why = await sign(signed, folder, request, tools);
      const state = why === undefined ? await verifyModule(signed, request.certificate, tools) : undefined;
      if (state?.state === 'good') {
        await tools.files.write(module, await tools.files.readBytes(signed));
        return { ...state, module, by };
      }
      failures.push(`${by}: ${why ?? 'the certificate does not belong to the key'}`);
    }
    throw new NetmapError({
      code: 'sign-failed',
      what: `cannot sign ${module}`,
      why: failures.join('\n'),
      mend: isToken(request.key)
        ? 'set KBUILD_SIGN_PIN to the PIN of the token; install pkcs11-provider, or libengine-pkcs11-openssl (Debian 12)'
        : 'name the key and its certificate with --sign-key and --sign-cert',
    });
  });
}

/** Signs a file in place; resolves to why it did not work. */
type Way = (file: string, folder: string, request: SignRequest, tools: Tools) => Promise<string | undefined>;

/** The kernel's own program first; it knows tokens only where its OpenSSL has the provider. */
function ways({ signFile, key }: SignRequest): (readonly [string, Way])[] {
  const own: (readonly [string, Way])[] = isToken(key)
    ? [
        ['openssl with its PKCS#11 engine', byOpenssl(['-engine', 'pkcs11', '-keyform', 'engine'])],
        ['openssl with its PKCS#11 provider', byOpenssl(['-provider', 'pkcs11', '-provider', 'default'])],
      ]
    : [['openssl', byOpenssl([])]];
  return signFile === undefined ? own : [[signFile, bySignFile(signFile)], ...own];
}

const lastLines = (text: string) => text.trim().split('\n').slice(-3).join('; ');

const bySignFile =
  (program: string): Way =>
  async (file, folder, { key, certificate, digest }, tools) => {
    const pem = path.join(folder, 'certificate.pem');
    await toForm(certificate, 'PEM', pem, tools);
    const { exitCode, stderr } = await tools.runner.run({
      file: program,
      args: [digest, key, pem, file],
      allowFailure: true,
    });
    return exitCode === 0 ? undefined : lastLines(stderr) || `status ${exitCode}`;
  };

/** The message that scripts/sign-file.c makes: detached, without certificates and attributes. */
const byOpenssl =
  (words: readonly string[]): Way =>
  async (file, folder, { key, certificate, digest }, tools) => {
    const pem = path.join(folder, 'certificate.pem');
    const out = path.join(folder, 'signature.der');
    await toForm(certificate, 'PEM', pem, tools);
    const pin = process.env.KBUILD_SIGN_PIN === undefined ? [] : ['-passin', 'env:KBUILD_SIGN_PIN'];
    const { exitCode, stderr } = await tools.runner.run({
      file: 'openssl',
      args: [
        ...['cms', '-sign', '-binary', '-noattr', '-nocerts', '-nosmimecap', '-md', digest, ...words, ...pin],
        ...['-signer', pem, '-inkey', key, '-in', file, '-outform', 'DER', '-out', out],
      ],
      allowFailure: true,
    });
    if (exitCode !== 0) return lastLines(stderr) || `status ${exitCode}`;
    const [unsigned, signature] = [await tools.files.readBytes(file), await tools.files.readBytes(out)];
    await tools.files.put(file, appendSignature(unsigned, signature));
    return undefined;
  };

async function readSplit(module: string, { files }: Tools) {
  const content = await files
    .readBytes(module)
    .catch((error: NodeJS.ErrnoException) => error.code ?? 'unreadable');
  if (typeof content !== 'string' && content.subarray(0, 4).toString('latin1') === '\u007fELF')
    return splitModule(content);
  throw new NetmapError({
    code: 'module-unreadable',
    what: `${module} is not a kernel module that can be signed`,
    why:
      typeof content === 'string'
        ? content
        : 'it is no ELF file; a compressed module is signed before it is compressed',
    mend: 'run make in the build folder, sign there, and then make install',
  });
}

/**
 * Who signed a module, and whether the signature is of `certificate` (PEM or DER) and fits the contents.
 *
 * @throws NetmapError `module-unreadable`, `no-certificate`
 */
export async function verifyModule(
  module: string,
  certificate: string | undefined,
  tools: Tools,
): Promise<SignatureState> {
  const split = await readSplit(module, tools);
  if (split === 'broken') return { module, state: 'broken' };
  const { contents, signature } = split;
  if (signature === undefined) return { module, state: 'unsigned' };
  return withFolder(path.join(os.tmpdir(), ASIDE), tools.files, async (folder) => {
    const at = (name: string) => path.join(folder, name);
    await tools.files.put(at('contents'), contents);
    await tools.files.put(at('signature'), signature);
    const signer = await readSigner(at('signature'), tools);
    if (signer === undefined) return { module, state: 'broken' };
    if (certificate === undefined) return { module, state: 'other', ...signer };
    await toForm(certificate, 'PEM', at('certificate'), tools);
    const check = await tools.runner.run({
      file: 'openssl',
      args: [
        ...[
          'cms',
          '-verify',
          '-binary',
          '-inform',
          'DER',
          '-in',
          at('signature'),
          '-content',
          at('contents'),
        ],
        ...['-certfile', at('certificate'), '-nointern', '-noverify', '-out', '/dev/null'],
      ],
      allowFailure: true,
    });
    if (check.exitCode === 0) return { module, state: 'good', ...signer };
    return {
      module,
      state: /signer certificate not found/.test(check.stderr) ? 'other' : 'broken',
      ...signer,
    };
  });
}

async function readSigner(
  file: string,
  { runner }: Tools,
): Promise<Pick<SignatureState, 'signer' | 'serial' | 'digest'> | undefined> {
  const { exitCode, stdout } = await runner.run({
    file: 'openssl',
    args: [
      'cms',
      '-cmsout',
      '-print',
      '-noout',
      '-nameopt',
      'utf8,sep_multiline',
      '-inform',
      'DER',
      '-in',
      file,
    ],
    allowFailure: true,
  });
  if (exitCode !== 0) return undefined;
  const infos = stdout.slice(stdout.indexOf('signerInfos:'));
  const signer = /\bCN ?= ?(.*)/.exec(infos)?.[1]?.trim();
  const serial = /serialNumber: (?:0x)?([0-9A-Fa-f]+)/.exec(infos)?.[1]?.toLowerCase();
  const digest = /digestAlgorithm:\s+algorithm: (\S+)/.exec(infos)?.[1];
  return {
    ...(signer === undefined ? {} : { signer }),
    ...(serial === undefined ? {} : { serial }),
    ...(digest === undefined ? {} : { digest }),
  };
}
