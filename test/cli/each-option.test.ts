import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { runWith } from '../../src/cli/main.js';
import { optionTable } from '../../src/core/options/option-table.js';
import { subsystems } from '../../src/core/options/options.js';
import { optionName } from '../../src/core/options/row.js';
import { packageRoot } from '../../src/core/paths.js';
import { kernelHeaders, kernelSources, makeTree } from '../support/tree.js';

/** What an option does: seen in a planned file, in what is printed, or by a test that runs more than a plan. */
type Effect =
  | { readonly args: readonly string[]; readonly file: string; readonly has: RegExp; readonly not?: RegExp }
  | { readonly args: readonly string[]; readonly prints: RegExp }
  | { readonly shownBy: string };

const mak = (args: string, has: RegExp, not?: RegExp): Effect => ({
  args: args.split(' '),
  file: 'netmap.mak',
  has,
  ...(not === undefined ? {} : { not }),
});
const prints = (args: string, text: RegExp): Effect => ({ args: args.split(' '), prints: text });
const shownBy = (file: string): Effect => ({ shownBy: file });

const effects: Readonly<Record<string, Effect>> = {
  'kernel-dir': mak('--no-drivers', /^KSRC = HEADERS$/m),
  'kernel-sources': mak('--no-drivers', /^SRC {2}= SOURCES$|^SRC = SOURCES$/m),
  'kernel-version': shownBy('test/cli/wrong-input.test.ts'),
  'kernel-opts': mak(
    '--kernel-opts=ARCH=x86_64 --kernel-opts=CROSS_COMPILE=x-',
    /^KOPTS = ARCH=x86_64 CROSS_COMPILE=x-$/m,
  ),
  // No package belongs to the made-up kernel, which is found out before anything is fetched.
  fetch: prints('--fetch --drivers=realtek', /"code": "fetch-impossible"/),
  'install-mod-path': mak('--install-mod-path=/one --install-mod-path=/two', /^MODPATH = \/two$/m),
  drivers: mak('--drivers=realtek', /^S_DRIVERS = realtek$/m),
  'no-drivers': mak('--no-drivers', /^S_DRIVERS =\s*$/m),
  'no-ext-drivers': prints(
    '--no-ext-drivers=igb,ice --show-ext-drivers',
    /^\[\s+"mlx5",\s+"i40e",\s+"ixgbevf",\s+"ixgbe",\s+"e1000e",\s+"virtio_net\.c"\s+\]\n$/,
  ),
  'patches-from': shownBy('test/kbuild/configure.test.ts'),
  'stored-patches-only': shownBy('test/kbuild/configure.test.ts'),
  'select-version': {
    args: ['--no-drivers', '--select-version=igb:1,igb:2'],
    file: 'extdrv-versions.mak',
    has: /^igb@v := 1\nigb@v := 2\n$/,
  },
  'driver-suffix': mak('--driver-suffix=-netmap', /^DRVSUFFIX = -netmap$/m),
  'fail-on-driver-errors': prints('--drivers=igc --fail-on-driver-errors', /"code": "driver-dropped"/),
  strict: shownBy('test/kbuild/configure.test.ts'),
  'mod-name': mak('--mod-name=netmap_x', /^MODNAME:=netmap_x$/m),
  'force-debug': mak('--no-force-debug --force-debug', /^DEBUG:=1$/m),
  'no-force-debug': mak('--no-force-debug', /^DEBUG:=$/m, /NETMAP_CFLAGS = .* -g /),
  'without-dmasync': shownBy('test/facts/probes/answers.test.ts'),
  apps: mak('--apps=lb,pkt-gen', /^APPS = lb pkt-gen$/m),
  'no-apps': mak('--no-apps=dedup,tlem', /^APPS = vale-ctl nmreplay lb bridge pkt-gen$/m),
  'ext-drivers-dir': shownBy('test/kbuild/external.test.ts'),
  mirrors: shownBy('test/kbuild/external.test.ts'),
  offline: shownBy('test/commands/configure/external.test.ts'),
  'sign-key': shownBy('test/machine/sign/sign.test.ts'),
  'sign-cert': shownBy('test/machine/sign/sign.test.ts'),
  utils: mak('--no-drivers', /^UTILS = 1$/m),
  'no-utils': mak('--no-utils', /^UTILS =\s*$/m),
  cc: { args: ['--no-apps', '--cc=gcc -m32'], file: 'netmap.mak', has: /^CC = gcc -m32$/m },
  ld: mak('--ld=gold', /^LD = gold$/m),
  prefix: mak('--prefix=/usr', /^PREFIX \?= \/usr$/m),
  destdir: mak('--destdir=/stage', /^DESTDIR \?= \/stage$/m),
  'show-drivers': prints('--drivers=igb,realtek --show-drivers', /^\[\s+"igb",\s+"realtek"\s+\]\n$/),
  'show-ext-drivers': prints(
    '--drivers=realtek --show-ext-drivers',
    /^\[\s+"mlx5",\s+"i40e",.*"virtio_net\.c"\s+\]\n$/s,
  ),
  'show-apps': prints('--show-apps', /^\[\s+"dedup",\s+"vale-ctl",.*"pkt-gen"\s+\]\n$/s),
  cache: shownBy('test/kbuild/configure.test.ts'),
  color: shownBy('test/kbuild/configure.test.ts'),
  'dry-run': shownBy('test/kbuild/configure.test.ts'),
  json: shownBy('test/kbuild/configure.test.ts'),
  verbose: shownBy('test/cli/verbose.test.ts'),
};

for (const { name } of subsystems) {
  const flag = new RegExp(`-DCONFIG_NETMAP_${name.toUpperCase()}\\b`);
  Object.assign(effects, {
    [`enable-${name}`]: mak(`--disable-${name} --enable-${name}`, flag),
    [`disable-${name}`]: mak(`--enable-${name} --disable-${name}`, /^SUBSYS:=/m, flag),
  });
}

test('every option has its row here', () => {
  const known = optionTable.map(optionName);
  assert.deepEqual(
    known.filter((name) => effects[name] === undefined),
    [],
  );
  assert.deepEqual(
    Object.keys(effects).filter((name) => name !== 'utils' && !known.includes(name)),
    [],
  );
});

for (const [name, effect] of Object.entries(effects)) {
  test(`--${name} has its effect`, async (t) => {
    if ('shownBy' in effect) {
      const text = readFileSync(path.join(packageRoot, effect.shownBy), 'utf8');
      assert.ok(text.includes(`--${name}`), `${effect.shownBy} says nothing of --${name}`);
      return;
    }
    const { text, replace } = await plan(t, effect.args);
    if ('prints' in effect) return assert.match(text, effect.prints);
    const { plan: planned } = JSON.parse(text) as { plan?: { files: { file: string; content: string }[] } };
    const content = replace(planned?.files.find(({ file }) => file === effect.file)?.content ?? text);
    assert.match(content, effect.has);
    if (effect.not !== undefined) assert.doesNotMatch(content, effect.not);
  });
}

/** The whole command line, in this process, on a made-up kernel; nothing is written. */
async function plan(t: TestContext, args: readonly string[]) {
  const headers = makeTree(t, kernelHeaders(396383, 95, 'CONFIG_R8169=m\nCONFIG_IGC=m\n'));
  const sources = makeTree(t, kernelSources([6, 12, 95], 'int not_the_real_driver;\n'));
  const cwd = makeTree(t, { 'config.mak': 'realtek@patch := none\n' });
  let printed = '';
  const context = {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd },
    terminal: false,
    out: (more: string) => {
      printed += more;
    },
    err: () => undefined,
    signal: new AbortController().signal,
  };
  const named = args.includes('--fetch') ? [] : [`--kernel-sources=${sources}`];
  const where = [`--kernel-dir=${headers}`, ...named, '--dry-run', '--json'];
  const { out, err } = await runWith([...where, ...args], context);
  const text = `${printed}${out}${err}`;
  const replace = (content: string) => content.replaceAll(headers, 'HEADERS').replaceAll(sources, 'SOURCES');
  return { text, replace };
}
