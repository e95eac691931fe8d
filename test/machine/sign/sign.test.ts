/* Signatures with real keys: files, and a software token. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { realFiles } from '../../../src/core/files.js';
import { packageRoot } from '../../../src/core/paths.js';
import { createRunner } from '../../../src/core/runner.js';
import { createKey, findKey, type SigningKey } from '../../../src/machine/sign/keys.js';
import { signModules, verifyModule } from '../../../src/machine/sign/sign.js';
import { appendSignature, splitModule } from '../../../src/machine/sign/signature.js';
import { makeTree } from '../../support/tree.js';

const tools = { runner: createRunner(), files: realFiles };
const MODULE = '\u007fELF of a module\n';

async function keyIn(folder: string, name = 'MOK'): Promise<SigningKey> {
  const key = { key: path.join(folder, `${name}.priv`), certificate: path.join(folder, `${name}.der`) };
  await createKey(key, tools);
  return key;
}

function program(file: string, args: readonly string[], env: Record<string, string> = {}): string {
  const { status, stdout, stderr } = spawnSync(file, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  assert.equal(status, 0, `${file} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

function tool(cwd: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(packageRoot, 'bin/netmap-configure.js'), ...args],
    { cwd, encoding: 'utf8', env: { ...process.env, HOME: cwd } },
  );
  return { status, stdout, output: `${stdout}${stderr}` };
}

test('a signature is taken off as it was put on; what only looks like one is broken', () => {
  const module = Buffer.from(MODULE);
  const signed = appendSignature(module, Buffer.from('message'));
  assert.deepEqual(splitModule(signed), { contents: module, signature: Buffer.from('message') });
  assert.deepEqual(splitModule(module), { contents: module });
  assert.equal(signed.subarray(-28).toString(), '~Module signature appended~\n');
  const beyond = Buffer.from(signed);
  beyond.writeUInt32BE(5000, beyond.length - 32);
  assert.equal(splitModule(beyond), 'broken');
  const kind = Buffer.from(signed);
  kind[kind.length - 38] = 1;
  assert.equal(splitModule(kind), 'broken');
  assert.equal(splitModule(Buffer.from('~Module signature appended~\n')), 'broken');
});

test('sign, verify, another key, a changed module, signing again', async (t) => {
  const root = makeTree(t, { 'netmap.ko': MODULE });
  const key = await keyIn(root);
  assert.equal(statSync(key.key).mode & 0o777, 0o600);
  const module = path.join(root, 'netmap.ko');
  const request = { ...key, modules: [module], digest: 'sha256' };
  assert.equal((await verifyModule(module, key.certificate, tools)).state, 'unsigned');

  const [signed] = await signModules(request, tools);
  assert.equal(signed?.state, 'good');
  assert.match(signed?.signer ?? '', /^netmap module signing key of /);
  assert.equal(signed?.digest, 'sha256');
  assert.equal(signed?.by, 'openssl');
  const once = readFileSync(module);
  assert.equal((await signModules(request, tools))[0]?.by, undefined, 'a signed module is left alone');
  assert.deepEqual(readFileSync(module), once);

  const other = await keyIn(root, 'other');
  assert.equal((await verifyModule(module, other.certificate, tools)).state, 'other');
  await signModules({ ...other, modules: [module], digest: 'sha512' }, tools);
  const again = await verifyModule(module, other.certificate, tools);
  assert.deepEqual([again.state, again.digest], ['good', 'sha512']);
  const split = splitModule(readFileSync(module));
  assert.equal(split === 'broken' ? '' : String(split.contents), MODULE, 'one signature, not two');

  const bytes = readFileSync(module);
  bytes[6] = 0x21;
  writeFileSync(module, bytes);
  assert.equal((await verifyModule(module, other.certificate, tools)).state, 'broken');
  await assert.rejects(
    signModules({ key: key.key, certificate: other.certificate, modules: [module], digest: 'sha256' }, tools),
    {
      code: 'sign-failed',
    },
  );
  assert.deepEqual(readFileSync(module), bytes, 'a failure leaves the module as it was');
  assert.deepEqual(readdirSync(root).sort(), ['MOK.der', 'MOK.priv', 'netmap.ko', 'other.der', 'other.priv']);
});

/** A token with a key in it, made with softhsm2; the PKCS#11 engine of OpenSSL is told by its environment. */
async function token(t: TestContext, root: string, key: SigningKey): Promise<Record<string, string>> {
  const modules = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'];
  const library = modules.find((file) => existsSync(file));
  if (library === undefined) assert.fail('softhsm2 is not installed');
  const tokens = path.join(makeTree(t, { 'tokens/.keep': '' }), 'tokens');
  const conf = path.join(root, 'softhsm2.conf');
  writeFileSync(conf, `directories.tokendir = ${tokens}\nobjectstore.backend = file\n`);
  const env = { SOFTHSM2_CONF: conf, PKCS11_MODULE_PATH: library, KBUILD_SIGN_PIN: '4711' };
  const pin = ['--pin', '4711'];
  program('softhsm2-util', ['--init-token', '--free', '--label', 'netmap', '--so-pin', '1234', ...pin], env);
  const pkcs8 = path.join(root, 'pkcs8');
  program('openssl', ['pkcs8', '-topk8', '-nocrypt', '-in', key.key, '-out', pkcs8]);
  program(
    'softhsm2-util',
    ['--import', pkcs8, '--token', 'netmap', '--label', 'mok', '--id', '01', ...pin],
    env,
  );
  return env;
}

test('a key in a token signs, by its URI and PIN; a wrong PIN is told and changes nothing', async (t) => {
  const root = makeTree(t, { 'netmap.ko': MODULE });
  const key = await keyIn(root);
  const env = await token(t, root, key);
  const uri = 'pkcs11:token=netmap;object=mok;type=private';
  const run = (pin: string) => {
    const args = ['sign', 'netmap.ko', `--sign-key=${uri}`, '--sign-cert=MOK.der', '--json'];
    const { status, stdout } = spawnSync(
      process.execPath,
      [path.join(packageRoot, 'bin/netmap-configure.js'), ...args],
      {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, ...env, KBUILD_SIGN_PIN: pin, HOME: root },
      },
    );
    return { status, document: JSON.parse(stdout) };
  };
  const wrong = run('0000');
  assert.equal(wrong.status, 1);
  assert.equal(wrong.document.error.code, 'sign-failed');
  assert.match(wrong.document.error.mend, /KBUILD_SIGN_PIN/);
  assert.equal(readFileSync(path.join(root, 'netmap.ko'), 'utf8'), MODULE);

  const right = run('4711');
  assert.equal(right.status, 0, JSON.stringify(right.document));
  assert.equal(right.document.modules[0].state, 'good');
  assert.match(right.document.modules[0].by, /PKCS#11/);
  assert.equal((await verifyModule(path.join(root, 'netmap.ko'), key.certificate, tools)).state, 'good');
});

test('the command makes a key, signs a build folder, verifies, and refuses what it must', async (t) => {
  const root = makeTree(t, {
    'netmap.mak': 'MODNAME:=netmap\nDRVSUFFIX = \nrealtek@module := r8169\nKSRC = /nowhere\n',
    'netmap.ko': MODULE,
    'realtek/r8169.ko': MODULE,
    'netmap-configure.json': JSON.stringify({ 'sign-key': 'keys/k.priv' }),
  });
  const none = tool(root, 'sign');
  assert.equal(none.status, 2);
  assert.match(none.output, /there is no key to sign modules with[\s\S]*sign --create-key/);

  const plan = tool(root, 'sign', '--create-key', '--dry-run');
  assert.equal(plan.status, 0, plan.output);
  assert.ok(!existsSync(path.join(root, 'keys')));
  const made = tool(root, 'sign', '--create-key');
  assert.equal(made.status, 0, made.output);
  assert.match(made.output, /mokutil --import \S+\/keys\/k\.der/);
  const text = program('openssl', ['x509', '-in', path.join(root, 'keys/k.der'), '-noout', '-text']);
  assert.match(text, /Extended Key Usage[\s\S]*1\.3\.6\.1\.4\.1\.2312\.16\.1\.2/);
  const twice = tool(root, 'sign', '--create-key');
  assert.match(twice.output, /is there already/);
  assert.equal(twice.status, 1);

  assert.equal(tool(root, 'sign', '--verify').status, 1);
  const signed = tool(root, 'sign');
  assert.equal(signed.status, 0, signed.output);
  assert.match(signed.output, /netmap\.ko: signed \(netmap module signing key of [\s\S]*r8169\.ko: signed/);
  assert.match(signed.output, /trust this key yet/);
  const verified = tool(root, 'sign', '--verify', '--json');
  assert.equal(verified.status, 0, verified.output);
  assert.equal(JSON.parse(verified.stdout).modules.length, 2);

  appendFileSync(path.join(root, 'notes'), 'x');
  const nothing = tool(root, 'sign', 'notes');
  assert.match(nothing.output, /notes is not a kernel module that can be signed/);
  assert.equal(nothing.status, 1);
});

test('the key is looked for in the usual places; a token needs its certificate named', async (t) => {
  const root = makeTree(t, { 'dkms/mok.key': 'k', 'dkms/mok.pub': 'c', lonely: 'k' });
  const at = (name: string) => path.join(root, name);
  const places = [
    { key: at('shim/MOK.priv'), certificate: at('shim/MOK.der') },
    { key: at('dkms/mok.key'), certificate: at('dkms/mok.pub') },
  ];
  const none = { key: '', certificate: '' };
  assert.deepEqual(await findKey(none, tools, places), places[1]);
  await assert.rejects(findKey(none, tools, []), { code: 'no-signing-key' });
  await assert.rejects(findKey({ key: at('lonely'), certificate: '' }, tools), { code: 'no-certificate' });
  await assert.rejects(findKey({ key: 'pkcs11:object=x', certificate: '' }, tools), {
    code: 'no-certificate',
  });
});
