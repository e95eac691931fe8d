import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse as parseWords } from '../../../src/cli/parse.js';
import { NetmapError } from '../../../src/core/errors.js';
import { configureProgram } from '../../../src/core/options/configure-program.js';
import { type ConfigureOptions, defaultOptions, type Universe } from '../../../src/core/options/options.js';

const universe: Universe = {
  drivers: ['stmmac', 'realtek', 'veth.c', 'igb', 'mlx5'],
  externalDrivers: ['igb', 'mlx5'],
  apps: ['pkt-gen', 'bridge', 'lb'],
  aliases: new Map([['r8169.c', 'realtek']]),
};

async function parse(...args: string[]): Promise<ConfigureOptions> {
  const options = defaultOptions(universe, {});
  const invocation = parseWords(configureProgram, args, { version: '0', out: () => undefined });
  for (const { row, value } of invocation?.steps ?? []) row.apply(options, value, universe);
  return options;
}

async function refused(...args: string[]): Promise<NetmapError['problem']> {
  try {
    await parse(...args);
  } catch (error) {
    assert.ok(error instanceof NetmapError, String(error));
    assert.equal(error.exitCode, 2);
    return error.problem;
  }
  assert.fail(`accepted ${args.join(' ')}`);
}

const drivers: [string[], string][] = [
  [[], 'stmmac realtek veth.c igb mlx5'],
  [['--drivers=igb,realtek'], 'realtek igb'],
  [['--drivers=igb, realtek,,'], 'realtek igb'],
  [['--drivers=igb', '--drivers=veth.c'], 'veth.c'],
  [['--drivers=igb', '--no-drivers'], ''],
  [['--no-drivers', '--drivers=igb'], 'igb'],
  [['--no-drivers=igb', '--no-drivers=mlx5'], 'stmmac realtek veth.c igb'],
  [['--drivers='], ''],
  [['--drivers=r8169.c'], 'realtek'],
];
for (const [args, expected] of drivers) {
  test(`drivers after: ${args.join(' ') || 'nothing'}`, async () => {
    assert.equal((await parse(...args)).drivers.join(' '), expected);
  });
}

test('an old driver name is taken, with a note', async () => {
  const options = await parse('--drivers=r8169.c');
  assert.match(options.notes.join(), /r8169\.c is called realtek here/);
});

test('external drivers accumulate what is taken out', async () => {
  assert.deepEqual((await parse('--no-ext-drivers=igb', '--no-ext-drivers=mlx5')).externalDrivers, []);
  assert.deepEqual((await parse('--no-ext-drivers=igb')).externalDrivers, ['mlx5']);
  assert.deepEqual((await parse('--no-ext-drivers')).externalDrivers, []);
});

test('kernel directory and version: the last of the two wins', async () => {
  const version = await parse('--kernel-dir=/k', '--kernel-version=6.12');
  assert.deepEqual([version.kernelDir, version.kernelVersion], [undefined, '6.12']);
  const dir = await parse('--kernel-version=6.12', '--kernel-dir=/k');
  assert.deepEqual([dir.kernelDir, dir.kernelVersion], ['/k', undefined]);
});

test('kernel options accumulate', async () => {
  const { kernelOpts } = await parse('--kernel-opts=ARCH=arm CROSS_COMPILE=arm-', '--kernel-opts=V=1');
  assert.deepEqual(kernelOpts, ['ARCH=arm', 'CROSS_COMPILE=arm-', 'V=1']);
});

test('values keep everything behind the first equals sign', async () => {
  assert.equal((await parse('--cc=gcc -DX=1')).cc, 'gcc -DX=1');
});

test('subsystems: defaults, additions and removals in declaration order', async () => {
  assert.equal((await parse()).subsystems.join(' '), 'vale pipe monitor generic ptnetmap null');
  const changed = await parse('--enable-sink', '--disable-vale', '--enable-sink');
  assert.equal(changed.subsystems.join(' '), 'pipe monitor generic ptnetmap sink null');
});

test('flags: last wins', async () => {
  assert.equal((await parse()).forceDebug, true);
  assert.equal((await parse('--no-force-debug')).forceDebug, false);
  assert.equal((await parse('--no-force-debug', '--force-debug')).forceDebug, true);
  assert.equal((await parse('--without-dmasync')).dmasync, false);
});

test('the word after an option is never its value', async () => {
  const problem = await refused('--no-drivers', 'igb');
  assert.match(problem.what, /unknown command 'igb'/);
});

test('versions of vendor drivers accumulate in the order given', async () => {
  const { versions } = await parse('--select-version=igb:5.1,mlx5:5.8-3', '--select-version=igb:5.2');
  assert.deepEqual(versions, [
    ['igb', '5.1'],
    ['mlx5', '5.8-3'],
    ['igb', '5.2'],
  ]);
});

test('--strict is about drivers too', async () => {
  const options = await parse('--strict');
  assert.deepEqual([options.strict, options.failOnDriverErrors], [true, true]);
});

test('--show-* acts on what is to its left', async () => {
  assert.equal((await parse('--drivers=igb', '--show-drivers')).show, 'drivers');
});

const wrong: [string[], RegExp, RegExp][] = [
  [['--driver=realtek'], /unknown option '--driver=realtek'/, /--drivers/],
  [['--kernel-dri=/k'], /unknown option/, /--kernel-dir/],
  [['--enable-vael'], /unknown option '--enable-vael'/, /--enable-vale/],
  [['--entirely-different'], /unknown option/, /--help/],
  [['frobnicate'], /unknown command 'frobnicate'/, /--help/],
  [['--drivers=realtec'], /unknown driver 'realtec'/, /did you mean 'realtek'/],
  [['--apps=pktgen'], /unknown application 'pktgen'/, /pkt-gen/],
  [['--no-ext-drivers=veth.c'], /unknown external_driver/, /./],
  [['--driver-suffix=$(id)'], /cannot be a driver suffix/, /./],
  [['--mod-name=a b'], /cannot be a module name/, /./],
  [['--select-version=igb'], /cannot be a choice of a version/, /./],
  [['--select-version=igb:$(id)'], /cannot be a choice of a version/, /./],
  [['--select-version=igx:1'], /unknown driver 'igx'/, /igb/],
  [['--color=blue'], /cannot be a choice of colors/, /./],
  [['--kernel-version=../../etc'], /cannot be a kernel version/, /./],
  [['--kernel-opts=CC=$(id)'], /cannot be a kernel make option/, /./],
];
for (const [args, what, mend] of wrong) {
  test(`refuses ${args.join(' ')}`, async () => {
    const problem = await refused(...args);
    assert.match(problem.what, what);
    if (problem.code !== 'unknown-name' || problem.mend !== undefined) assert.match(problem.mend ?? '', mend);
  });
}
