import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { planBuildFolder, readTemplates } from '../../src/build/apply.js';
import { checkBuildFolder, checkOutside, checkPath } from '../../src/build/paths.js';
import { moduleFlags, renderDriversMak, renderInputs, renderStatus } from '../../src/build/render.js';
import type { BuildSettings, BuiltDriver } from '../../src/build/settings.js';
import { NetmapError } from '../../src/core/errors.js';
import { realFiles } from '../../src/core/files.js';
import { packageRoot } from '../../src/core/paths.js';
import { instantiate } from '../../src/core/template.js';

const realtek: BuiltDriver = {
  name: 'realtek',
  conf: 'CONFIG_R8169',
  src: 'cp -Rp /src/drivers/net/ethernet/realtek realtek',
  patch: 'patches/vanilla--realtek--60c00--60d00',
  patchDigest: 'abc',
  module: 'r8169',
  bridges: [],
};
const settings: BuildSettings = {
  utils: true,
  versions: [],
  packageRoot: '/pkg',
  buildDir: '/build',
  modName: 'netmap_x',
  subsystems: ['null', 'vale'],
  drivers: [realtek, { ...realtek, name: 'veth.c', conf: 'CONFIG_VETH', module: 'veth', bridges: [] }],
  apps: ['pkt-gen'],
  kernel: {
    dir: '/lib/modules/6.12/build',
    sources: '/src',
    hex: '60c5f',
    release: '6.12',
    opts: ['ARCH=x86'],
  },
  installModPath: '',
  driverSuffix: '-netmap',
  cc: 'cc',
  ld: 'ld',
  prefix: '/usr/local',
  destdir: '',
  debug: true,
  bridges: ['/pkg/drivers/realtek'],
  warnings: ['attributes'],
  commandLine: ['/pkg/bin/netmap-configure.js', "--cc=gcc '-m32'"],
};

test('drivers.mak has exactly three lines a driver', () => {
  assert.equal(
    renderDriversMak([realtek]),
    [
      'realtek@conf := CONFIG_R8169',
      'realtek@src := cp -Rp /src/drivers/net/ethernet/realtek realtek',
      'realtek@patch := patches/vanilla--realtek--60c00--60d00',
      '',
    ].join('\n'),
  );
});

test('module flags name the build folder first and every subsystem', () => {
  assert.equal(
    moduleFlags(settings),
    '-I/build -I/pkg/kernel/include -I/pkg/kernel/include/dev -I/pkg/kernel/include/compat ' +
      '-I/pkg/drivers/realtek -DCONFIG_NETMAP -Wno-error=attributes -g ' +
      '-DCONFIG_NETMAP_NULL -DCONFIG_NETMAP_VALE -DNETMAP_DRIVER_SUFFIX=-netmap',
  );
});

test('config.status quotes every word', () => {
  assert.equal(
    renderStatus(settings.commandLine),
    " '/pkg/bin/netmap-configure.js' '--cc=gcc '\\''-m32'\\'''\n",
  );
});

test('a template name without a value is a defect, not an empty text', () => {
  assert.equal(instantiate('a @B@ c', { B: 'b' }), 'a b c');
  assert.throws(() => instantiate('@MISSING@', {}), /MISSING/);
});

test('a driver is copied anew when source, patch or wrapper change, and only then', () => {
  const before = renderInputs(realtek, 'wrapper');
  assert.equal(renderInputs({ ...realtek }, 'wrapper'), before);
  assert.notEqual(renderInputs({ ...realtek, patchDigest: 'abd' }, 'wrapper'), before);
  assert.notEqual(renderInputs({ ...realtek, src: 'cp' }, 'wrapper'), before);
  assert.notEqual(renderInputs(realtek, 'wrapper 2'), before);
});

test('the templates of the package yield a complete plan', async () => {
  const templates = await readTemplates(packageRoot, realFiles);
  const plan = planBuildFolder(settings, 'HEADER', templates, false);
  const makefile = plan.files.find(({ file }) => file === 'netmap.mak')?.content ?? '';
  assert.match(makefile, /^MODNAME:=netmap_x$/m);
  assert.match(makefile, /^MOD_LIST := CONFIG_VETH=m CONFIG_R8169=m$/m);
  assert.match(makefile, /^S_DRIVERS = realtek veth\.c$/m);
  assert.match(makefile, /^DRVSUFFIX = -netmap$/m);
  assert.match(makefile, /^realtek@module := r8169$/m);
  assert.doesNotMatch(makefile, /@[A-Z_]+@/);
  assert.equal(plan.files.at(-1)?.file, 'config.status');
  assert.equal(plan.files.at(-1)?.mode, 0o755);
  assert.deepEqual(
    plan.links.map(({ link }) => link),
    [
      'patches',
      'drv-subdir.mak',
      'GNUmakefile',
      'build-libnetmap/GNUmakefile',
      'build-apps/pkt-gen/GNUmakefile',
    ],
  );
  const own = planBuildFolder(settings, 'HEADER', templates, true);
  assert.ok(!own.links.some(({ link }) => link === 'patches'));
});

for (const file of [
  '/home/me/my build',
  '/a:b',
  '/a#b',
  '/$(reboot)',
  "/it's",
  '/a\nb',
  '/a,b',
  '/a;b',
  '/ä',
]) {
  test(`refuses the path ${JSON.stringify(file)}`, () => {
    assert.throws(
      () => checkPath('build folder', file),
      (error: unknown) =>
        error instanceof NetmapError && error.code === 'unsafe-path' && error.exitCode === 2,
    );
  });
}

test('accepts ordinary paths', () => {
  for (const file of [
    '/usr/src/linux-headers-6.12.95+deb12-amd64',
    '/home/me/.npm/_npx/ab12/x',
    '/a~b/c@d=e',
  ]) {
    checkPath('build folder', file);
  }
});

test('a build folder inside sources is refused, one beside them is not', () => {
  assert.throws(() => checkOutside('/pkg', '/pkg', 'the package'), NetmapError);
  assert.throws(() => checkOutside('/pkg/a/b', '/pkg', 'the package'), NetmapError);
  checkOutside('/pkg-build', '/pkg', 'the package');
  checkOutside('/', '/pkg', 'the package');
});

test('a package that is a checkout can be its own build folder, its source folders cannot', () => {
  for (const folder of ['/pkg', '/pkg/build', '/elsewhere']) checkBuildFolder(folder, '/pkg');
  for (const folder of ['/pkg/kernel', '/pkg/apps/lb', '/pkg/node_modules/x'])
    assert.throws(() => checkBuildFolder(folder, '/pkg'), NetmapError, folder);
  for (const folder of ['/w/node_modules/netmap', '/w/node_modules/netmap/build'])
    assert.throws(() => checkBuildFolder(folder, '/w/node_modules/netmap'), NetmapError, folder);
  checkBuildFolder('/w/build', '/w/node_modules/netmap');

  const { stdout } = spawnSync('git', ['ls-files'], { cwd: packageRoot, encoding: 'utf8' });
  const folders = stdout.split('\n').flatMap((file) => (file.includes('/') ? [file.split('/')[0]] : []));
  for (const folder of new Set(folders))
    assert.throws(() => checkBuildFolder(`/pkg/${folder}`, '/pkg'), NetmapError, `${folder} is one of ours`);
});
