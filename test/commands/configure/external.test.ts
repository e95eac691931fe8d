import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { BuildFolderPlan } from '../../../src/build/apply.js';
import { packageRoot } from '../../../src/core/paths.js';
import type { DriverDecision, PatchedDriver } from '../../../src/facts/drivers/decide.js';
import { zip } from '../../facts/external/archives.js';
import { COMMON_MK, vendorItems, vendorPatch } from '../../facts/external/vendor-driver.js';
import { addFiles, kernelHeaders, kernelSources, makeTree } from '../../support/tree.js';

const VERSION = '5.10.2';

interface Answer {
  readonly status: number | null;
  readonly drivers: readonly DriverDecision[];
  readonly warnings: readonly string[];
  readonly plan: BuildFolderPlan;
  readonly error?: { readonly code: string; readonly what: string };
}

/** A build folder with netmap patches for two versions of igb, and the archive of one of them. */
function buildFolder(t: TestContext): string {
  const build = makeTree(t, {
    'patches/intel--igb--5.10.2': vendorPatch(),
    'patches/intel--igb--5.9.3': vendorPatch().replace('unregister_netdev', 'unregister_other'),
  });
  addArchive(build, VERSION);
  return build;
}

function addArchive(build: string, version: string, data = zip(vendorItems(version))): void {
  mkdirSync(path.join(build, 'ext-drivers/igb'), { recursive: true });
  writeFileSync(path.join(build, `ext-drivers/igb/v${version}.zip`), data);
}

/** A dry run on a made-up kernel that lacks igb altogether. */
function dryRun(t: TestContext, build: string, args: readonly string[]): Answer {
  const headers = makeTree(t, kernelHeaders(396383, 95, 'CONFIG_R8169=m\n'));
  const sources = makeTree(t, kernelSources([6, 12, 95], 'int x;\n'));
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      path.join(packageRoot, 'bin/netmap-configure.js'),
      ...[
        `--kernel-dir=${headers}`,
        `--kernel-sources=${sources}`,
        '--dry-run',
        '--json',
        '--no-apps',
        '--offline',
      ],
      ...args,
    ],
    { cwd: build, encoding: 'utf8', env: { ...process.env, NETMAP_CACHE_DIR: path.join(build, 'cache') } },
  );
  assert.match(stdout, /^\{/, stdout + stderr);
  return { ...(JSON.parse(stdout) as Answer), status };
}

function igbOf({ drivers }: Answer): DriverDecision {
  const found = drivers.find(({ driver }) => driver === 'igb');
  assert.ok(found);
  return found;
}

/** The same where it is built. */
function builtIgb(answer: Answer): PatchedDriver {
  const found = igbOf(answer);
  assert.ok(found.result === 'native' && found.code === 'patch-fits', found.reason);
  return found;
}

test('an archive in ext-drivers and its patch: the vendor driver, whatever .config says of the kernel one', (t) => {
  const answer = dryRun(t, buildFolder(t), ['--drivers=igb']);
  const igb = builtIgb(answer);
  assert.equal(answer.status, 0);
  assert.equal(igb.vendor?.version, VERSION);
  assert.equal(igb.patch, 'patches/intel--igb--5.10.2');
  assert.match(igb.src, /^cp -Rp (\S+) ethernet-linux-igb-5\.10\.2 && ln -sfn \S+5\.10\.2\/src igb$/);
  const text = (name: string) => answer.plan.files.find(({ file }) => file === name)?.content ?? '';
  assert.match(text('netmap.mak'), /^E_DRIVERS = igb$/m);
  assert.match(text('netmap.mak'), /^MOD_LIST := $/m);
  assert.match(
    text('default-config.mak'),
    /^igb@cflags = -DDISABLE_PACKET_SPLIT -fno-pie \$\(addprefix -Wno-,/m,
  );
  assert.match(text('default-config.mak'), /^igb@prepare = \$\(BUILDDIR\)\/intel-fix\.sh igb$/m);
  assert.match(text('intel-fix.sh'), /^#!\/bin\/sh/);
});

test('--select-version: another version with a patch; one without is refused with what there is', (t) => {
  const build = buildFolder(t);
  addArchive(build, '5.9.3');
  const other = igbOf(dryRun(t, build, ['--drivers=igb', '--select-version=igb:5.9.3']));
  assert.deepEqual([other.result, other.code], ['dropped', 'vendor-patch-does-not-fit']);
  assert.match(other.reason, /intel--igb--5\.9\.3 does not fit \S+v5\.9\.3\.zip: igb\/igb_main\.c, hunk \d/);
  const answer = dryRun(t, build, ['--drivers=igb', '--select-version=igb:5.10.2,igb:5.99']);
  assert.equal(answer.status, 3);
  assert.equal(igbOf(answer).code, 'vendor-patch-missing');
  assert.match(
    igbOf(answer).reason,
    /no netmap patch intel--igb--5\.99; versions with a patch: 5\.10\.2 5\.9\.3$/,
  );
  assert.match(igbOf(answer).nextStep, /--select-version=igb:5\.10\.2/);
  const lines = answer.plan.files.find(({ file }) => file === 'extdrv-versions.mak')?.content;
  assert.equal(lines, 'igb@v := 5.10.2\nigb@v := 5.99\n');
});

test('the version of config.mak counts, and its patch and sources', (t) => {
  const build = buildFolder(t);
  addFiles(build, { 'config.mak': 'igb@v := 5.9.3\n' });
  assert.match(igbOf(dryRun(t, build, ['--drivers=igb'])).reason, /there is no archive of igb 5\.9\.3/);
  addFiles(build, { 'config.mak': 'igb@patch := none\n' });
  assert.equal(builtIgb(dryRun(t, build, ['--drivers=igb'])).patch, 'none');
  addFiles(build, { 'config.mak': 'igb@src := cp -Rp /home/me/igb igb\nigb@patch := /home/me/igb.diff\n' });
  const own = builtIgb(dryRun(t, build, ['--drivers=igb']));
  assert.deepEqual([own.src, own.patch], ['cp -Rp /home/me/igb igb', '/home/me/igb.diff']);
  assert.equal(own.vendor?.archive, undefined);
});

test('--no-ext-drivers, for all or for one: the kernel sources are asked', (t) => {
  const build = buildFolder(t);
  for (const option of ['--no-ext-drivers', '--no-ext-drivers=igb']) {
    assert.equal(igbOf(dryRun(t, build, ['--drivers=igb', option])).code, 'not-configured', option);
  }
  assert.equal(igbOf(dryRun(t, build, ['--drivers=igb', '--no-ext-drivers=ice'])).code, 'patch-fits');
});

test('without the archive: named, it is dropped; unnamed, a warning and the driver of the kernel', (t) => {
  const build = makeTree(t, { 'patches/intel--igb--5.10.2': vendorPatch() });
  const named = dryRun(t, build, ['--drivers=igb', '--select-version=igb:5.10.2']);
  assert.equal(named.status, 3);
  assert.equal(igbOf(named).code, 'vendor-archive-missing');
  assert.match(igbOf(named).reason, /--offline/);
  assert.ok(igbOf(named).nextStep.includes(`${build}/ext-drivers/igb/v5.10.2.zip`));
  const unnamed = dryRun(t, build, ['--drivers=igb']);
  assert.equal(igbOf(unnamed).code, 'not-configured');
  assert.match(
    unnamed.warnings.join(),
    /'igb': version 5\.10\.2 of its vendor cannot be used.*kernel sources/,
  );
});

test('--fail-on-driver-errors holds for vendors too', (t) => {
  const build = makeTree(t, { 'patches/intel--igb--5.10.2': vendorPatch() });
  const answer = dryRun(t, build, ['--drivers=igb', '--fail-on-driver-errors']);
  assert.equal(answer.status, 1);
  assert.equal(answer.error?.code, 'driver-dropped');
});

test('a hostile archive in ext-drivers: the driver is dropped, nothing of the archive stays', (t) => {
  const build = buildFolder(t);
  const bad = { path: `ethernet-linux-igb-${VERSION}/$(touch pwned)`, data: 'x' };
  addArchive(build, VERSION, zip([...vendorItems(VERSION), bad]));
  const igb = igbOf(dryRun(t, build, ['--drivers=igb', `--select-version=igb:${VERSION}`]));
  assert.equal(igb.code, 'vendor-archive-refused');
  assert.match(igb.reason, /characters that a shell or make would interpret/);
  assert.deepEqual(readdirSync(path.join(build, 'cache/ext-drivers/unpacked')), []);
});

test('a patch that writes outside the driver is refused', (t) => {
  const build = buildFolder(t);
  for (const file of ['../../outside', 'veth.c', 'igb/../../x']) {
    addFiles(build, {
      'patches/intel--igb--5.10.2': `--- /dev/null\n+++ b/${file}\n@@ -0,0 +1 @@\n+pwned\n--- a/${file}\n+++ b/${file}\n@@ -1 +1 @@\n-a\n+b\n`,
    });
    const igb = igbOf(dryRun(t, build, ['--drivers=igb', `--select-version=igb:${VERSION}`]));
    assert.equal(igb.code, 'vendor-patch-does-not-fit', file);
  }
});

test('intel-fix.sh: opens the variable again, in both ways makefiles write it, and only where it is needed', (t) => {
  const script = readFileSync(path.join(packageRoot, 'templates/intel-fix.sh.in'), 'utf8');
  const message = '@echo "*** signed modules only"\n';
  const block = (inner: string, open = '') =>
    `warn_signed_modules :=\nifeq (\${CONFIG_MODULE_SIG_FORCE},1)\nifneq (x,y)\na := b\nendif\n${open}${inner}endif\nlast := 1\n`;
  const cases: [string, string, RegExp][] = [
    ['continued lines', COMMON_MK, /^warn_signed_modules \+= \\\n\techo/m],
    ['define', block(`${message}endef\n`), /^a := b\nendif\ndefine warn_signed_modules \+=\n@echo/m],
    [
      'in order',
      block(`${message}endef\n`, 'define warn_signed_modules +=\n'),
      /^endif\ndefine [^\n]*\n@echo[^\n]*\nendef/m,
    ],
    ['none of it', 'all:\n\techo hello\n', /^all:\n\techo hello\n$/],
  ];
  for (const [what, before, after] of cases) {
    const folder = makeTree(t, {
      'fix.sh': script.replaceAll('@KSRC@', '/nowhere'),
      'igb/common.mk': before,
    });
    addFiles(folder, { 'igb/igb_client.h': '#include <linux/auxiliary_bus.h>\n' });
    for (const round of ['once', 'twice']) {
      const { status, stderr } = spawnSync('sh', ['fix.sh', 'igb'], { cwd: folder, encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      const text = readFileSync(path.join(folder, 'igb/common.mk'), 'utf8');
      assert.match(text, after, `${what}, ${round}`);
      assert.equal(text.split('warn_signed_modules +=').length - 1, what === 'none of it' ? 0 : 1, what);
    }
    assert.equal(
      readFileSync(path.join(folder, 'igb/igb_client.h'), 'utf8'),
      '#include "linux/auxiliary_bus.h"\n',
    );
    assert.deepEqual(readdirSync(path.join(folder, 'igb')).sort(), ['common.mk', 'igb_client.h']);
  }
});
