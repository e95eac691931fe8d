import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../src/core/paths.js';
import { addFiles, makeTree } from '../support/tree.js';
import { fixturePackage, fixtureSources, kernel, type Outcome, run } from './fixture.js';

/** A place to configure from, with a kernel and sources of its own that a situation can damage. */
interface Scene {
  readonly build: string;
  readonly pkg: string;
  readonly sources: string;
  readonly buildDir: string;
  /** A kernel directory like the real one in which files can be replaced. */
  headers(changed: Record<string, (text: string) => string>): string;
}

interface Message {
  /** Its number in the list of messages of the classic script. */
  readonly number: number;
  readonly when: string;
  /** `refusal`: said on stderr before there is a box or a log, exit 2, nothing written. */
  readonly kind: 'NOTE' | 'WARNING' | 'ERROR' | 'refusal';
  readonly says: RegExp;
  readonly status: number;
  /** Arguments beside --kernel-dir, --kernel-sources, --no-ext-drivers and --no-apps. */
  situation(scene: Scene): readonly string[];
  /** It is about a driver: with --fail-on-driver-errors it ends the run with an error box. */
  readonly driver?: true;
}

const SYMBOL = /^CONFIG_R8169=.*$/m;
const realtekOnly = () => ['--drivers=realtek', '--stored-patches-only'];

const messages: readonly Message[] = [
  {
    number: 1,
    when: 'an option is not known',
    kind: 'refusal',
    says: /unknown option '--kernel-dirs=x'/,
    status: 2,
    situation: () => ['--kernel-dirs=x'],
  },
  {
    number: 2,
    when: 'a name is not in its set',
    kind: 'refusal',
    says: /unknown application 'pktgen'/,
    status: 2,
    situation: () => ['--apps=pktgen'],
  },
  {
    number: 3,
    when: 'the kernel directory does not exist',
    kind: 'ERROR',
    says: /\/nowhere does not exist[\s\S]*--kernel-dir=/,
    status: 1,
    situation: () => ['--kernel-dir=/nowhere', '--no-drivers'],
  },
  {
    number: 4,
    when: 'the kernel directory is not prepared',
    kind: 'ERROR',
    says: /\.config[\s\S]*modules_prepare/,
    status: 1,
    situation: ({ build }) => {
      addFiles(build, { 'k/Makefile': '' });
      return [`--kernel-dir=${build}/k`, '--no-drivers'];
    },
  },
  {
    number: 5,
    when: 'every run begins',
    kind: 'NOTE',
    says: /Running some preliminary tests to customize the build environment\./,
    status: 0,
    situation: () => ['--no-drivers'],
  },
  {
    number: 6,
    when: 'the compiler of the kernel is missing',
    kind: 'ERROR',
    says: /not even an empty module can be built[\s\S]*log: /,
    status: 1,
    situation: ({ build }) => ['--no-drivers', '--kernel-opts=CC=/nowhere/gcc-99', `--cache=${build}/cache`],
  },
  {
    number: 7,
    when: '--select-version names a driver that is not external',
    kind: 'WARNING',
    says: /--select-version=igb:1\.2: igb is not an external driver here/,
    status: 0,
    situation: () => ['--no-drivers', '--select-version=igb:1.2'],
  },
  {
    number: 8,
    when: 'the kernel is configured without the driver',
    kind: 'WARNING',
    says: /'realtek': CONFIG_R8169 is not set in the kernel's \.config/,
    status: 3,
    driver: true,
    situation: ({ headers }) => [
      `--kernel-dir=${headers({ '.config': (text) => text.replace(SYMBOL, '') })}`,
      ...realtekOnly(),
    ],
  },
  {
    number: 9,
    when: 'the driver is built in',
    kind: 'WARNING',
    says: /'realtek' is built into this kernel \(CONFIG_R8169=y\)[\s\S]*--driver-suffix/,
    status: 0,
    situation: ({ headers }) => [
      `--kernel-dir=${headers({ '.config': (text) => text.replace(SYMBOL, 'CONFIG_R8169=y') })}`,
      ...realtekOnly(),
    ],
  },
  {
    number: 12,
    when: 'there are no sources, and the emulated adapter is on',
    kind: 'WARNING',
    says: /No native support for .*realtek[\s\S]*work through the emulated adapter, at reduced speed/,
    status: 0,
    situation: ({ headers }) => [`--kernel-dir=${otherVersion(headers)}`, '--kernel-sources='],
  },
  {
    number: 12,
    when: 'there are no sources, and the emulated adapter is off',
    kind: 'WARNING',
    says: /cannot be used by netmap, because the emulated adapter is disabled/,
    status: 0,
    situation: ({ headers }) => [
      `--kernel-dir=${otherVersion(headers)}`,
      '--kernel-sources=',
      '--disable-generic',
    ],
  },
  {
    number: 12,
    when: 'there are no sources for a driver that was named',
    kind: 'WARNING',
    says: /'realtek': no full sources of Linux 6\.12\.254 in the usual places\n\*\*\* to do: .*\S/,
    status: 3,
    driver: true,
    situation: ({ headers }) => [
      `--kernel-dir=${otherVersion(headers)}`,
      '--kernel-sources=',
      ...realtekOnly(),
    ],
  },
  {
    number: 13,
    when: 'the driver is not in the sources',
    kind: 'WARNING',
    says: /'igb': drivers\/net\/ethernet\/intel\/igb is not in the kernel sources/,
    status: 3,
    driver: true,
    situation: () => ['--drivers=igb'],
  },
  {
    number: 14,
    when: 'there is no patch',
    kind: 'WARNING',
    says: /'veth\.c': there is no netmap patch for this driver/,
    status: 3,
    driver: true,
    situation: ({ build }) => {
      addFiles(build, { 'patches/README': 'none for veth.c' });
      return ['--drivers=veth.c', '--stored-patches-only'];
    },
  },
  {
    number: 16,
    when: 'the kernel is asked',
    kind: 'NOTE',
    says: /Now running compile tests to adapt the code to your\n\*\*\* kernel version\. Please wait\./,
    status: 0,
    situation: () => ['--no-drivers'],
  },
  {
    number: 17,
    when: 'the key file of the driver is missing',
    kind: 'WARNING',
    says: /'realtek': \S+\/realtek in the kernel sources has no r8169_main\.c[\s\S]*realtek@src/,
    status: 3,
    driver: true,
    situation: ({ sources }) => {
      run(sources, 'rm', ['drivers/net/ethernet/realtek/r8169_main.c']);
      return realtekOnly();
    },
  },
  {
    number: 19,
    when: 'the patch does not fit',
    kind: 'WARNING',
    says: /'realtek': .*does not fit: realtek\/r8169_main\.c, hunk 1 .*: this line is not in the file: /,
    status: 3,
    driver: true,
    situation: ({ sources }) => {
      addFiles(sources, { 'drivers/net/ethernet/realtek/r8169_main.c': 'int something_else;\n' });
      return realtekOnly();
    },
  },
];

/** Messages of other tests, each with words of it: those about sources of vendors, and one that has no cause left. */
const elsewhere: readonly (readonly [number, string, string])[] = [
  [10, 'test/kbuild/external.test.ts', 'If this fails, place the file at'],
  [
    11,
    'test/commands/configure/external.test.ts',
    "assert.equal(igbOf(named).code, 'vendor-archive-missing')",
  ],
  [15, 'test/kbuild/in-tree.test.ts', "'headers of the in-tree build are not read'"],
  [18, 'test/kbuild/external.test.ts', 'do not build for this kernel either'],
];

test('every message of the classic list is produced here or by another test', () => {
  const numbers = new Set([...messages.map(({ number }) => number), ...elsewhere.map(([number]) => number)]);
  assert.deepEqual(
    [...numbers].sort((a, b) => a - b),
    Array.from({ length: 19 }, (_, index) => index + 1),
  );
  for (const [number, file, words] of elsewhere)
    assert.ok(expectations(file).includes(words), `message ${number} is expected in ${file}`);
});

/** Code of a test file: its regular expressions and assertions count, its comments do not. */
function expectations(file: string): string {
  return readFileSync(path.join(packageRoot, file), 'utf8').replaceAll(/^ *(\/\/|\/?\*).*$/gm, '');
}

test('messages come from real situations', async (t) => {
  const pkg = fixturePackage(t);
  for (const message of messages) {
    await t.test(`message ${message.number}, ${message.kind}: ${message.when}`, async (t) => {
      await check(message, await makeScene(t, pkg));
    });
  }
});

async function check(message: Message, scene: Scene): Promise<void> {
  const args = message.situation(scene);
  const result = configure(scene, args);
  assert.equal(result.status, message.status, result.output);
  if (message.kind === 'refusal') {
    assert.match(result.output, message.says);
    assert.deepEqual(boxes(result.output), []);
    assert.deepEqual(readdirSync(scene.build), []);
    return;
  }
  const log = readFileSync(path.join(scene.build, 'config.log'), 'utf8');
  for (const text of [result.output, log]) assertBox(text, message.kind, message.says);
  if (!message.driver) return;
  const strict = configure(scene, [...args, '--fail-on-driver-errors']);
  assert.equal(strict.status, 1, strict.output);
  assertBox(strict.output, message.kind, message.says);
  assertBox(strict.output, 'ERROR', /cannot be built \(--fail-on-driver-errors\)/);
}

function configure({ pkg, build, buildDir, sources }: Scene, args: readonly string[]): Outcome {
  const named = (name: string, value: string) =>
    args.some((arg) => arg.startsWith(`--${name}=`)) ? [] : [`--${name}=${value}`];
  const all = [...named('kernel-dir', buildDir), ...named('kernel-sources', sources)];
  const given = args.filter((arg) => arg !== '--kernel-sources=');
  return run(build, path.join(pkg, 'configure'), [...all, '--no-ext-drivers', '--no-apps', ...given]);
}

/** A kernel of a version whose sources cannot be on this machine. */
function otherVersion(headers: Scene['headers']): string {
  return headers({
    'include/generated/uapi/linux/version.h': (text) =>
      text.replace(/(LINUX_VERSION_CODE) \d+/, '$1 396542').replace(/(SUBLEVEL) \d+/, '$1 254'),
  });
}

async function makeScene(t: TestContext, pkg: string): Promise<Scene> {
  const { buildDir, release } = await kernel('6.12');
  return {
    build: makeTree(t, {}),
    pkg,
    sources: fixtureSources(t, release),
    buildDir,
    headers(changed) {
      const copy = makeTree(t, {});
      run(copy, 'sh', ['-c', `ln -s ${buildDir}/* ${buildDir}/.[!.]* .`]);
      for (const [name, change] of Object.entries(changed)) replaceFile(buildDir, copy, name, change);
      return copy;
    },
  };
}

/** Replaces a file of a directory of links: every folder on the way becomes one of links too. */
function replaceFile(from: string, copy: string, name: string, change: (text: string) => string): void {
  const folders = name.split('/').slice(0, -1);
  for (const [index] of folders.entries()) {
    const folder = folders.slice(0, index + 1).join('/');
    run(copy, 'sh', ['-c', `rm ${folder} && mkdir ${folder} && ln -s ${from}/${folder}/* ${folder}`]);
  }
  const text = change(readFileSync(path.join(from, name), 'utf8'));
  run(copy, 'rm', [name]);
  addFiles(copy, { [name]: text });
}

interface Box {
  readonly title: string;
  readonly body: string;
}

/** The boxes of a text: 34 stars, the title in 7 columns, lines behind three stars, 77 stars. */
function boxes(text: string): Box[] {
  const found = text.matchAll(/^\*{34} (.{7}) \*{34}\n((?:\*\*\*(?: .*)?\n)+)\*{77}$/gm);
  return [...found].map(([, title, body]) => ({ title: (title as string).trim(), body: body as string }));
}

function assertBox(text: string, title: string, says: RegExp): void {
  const found = boxes(text);
  const shown = found.map((box) => `${box.title}\n${box.body}`).join('\n');
  assert.ok(
    found.some((box) => box.title === title && says.test(box.body)),
    `no box ${title} says ${says}:\n${shown || text}`,
  );
}
