import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classicDrivers, findDriver } from '../../../src/facts/drivers/catalogue.js';
import { type DriverFacts, decideDriver } from '../../../src/facts/drivers/decide.js';
import { parseOverrides } from '../../../src/facts/drivers/overrides.js';
import { kernelVersion } from '../../../src/facts/kernel-tree/version.js';

const realtek = findDriver('realtek', classicDrivers);
assert.ok(realtek);
const context = { named: true, driverSuffix: '', generic: true, kernel: '6.12.95', hex: '60c5f' };
const good: DriverFacts = {
  entry: realtek,
  overrides: {},
  configValue: 'm',
  sources: { state: 'found', dir: '/src', version: kernelVersion(6, 12, 95) },
  place: '/src/drivers/net/ethernet/realtek',
  choice: { patch: 'vanilla--realtek--60c00--60d00', tried: [] },
};
const rejected = { file: 'realtek/r8169_main.c', hunk: 2, header: '@@ -1 +1 @@', why: 'gone' };
const reject = { file: 'p', range: '6.1', inRange: true, fit: { fits: false, rejected } } as const;

const table: [string, Partial<DriverFacts>, string, RegExp, RegExp][] = [
  ['a patch that fits', {}, 'patch-fits', /60c00--60d00 fits/, /^make$/],
  ['built in', { configValue: 'y' }, 'patch-fits', /fits/, /CONFIG_R8169=m .*--driver-suffix/],
  ['not configured', { configValue: undefined }, 'not-configured', /CONFIG_R8169 is not set/, /module/],
  [
    'no sources',
    { place: undefined, sources: { state: 'missing', why: 'none here', mend: 'get them' } } as never,
    'no-sources',
    /none here/,
    /get them/,
  ],
  [
    'not in the sources',
    { place: undefined } as never,
    'not-in-sources',
    /realtek is not in/,
    /kernel-sources/,
  ],
  ['no patch', { choice: { tried: [] } }, 'no-patch', /no netmap patch/, /emulated/],
  [
    'no patch fits',
    { choice: { tried: [reject] } },
    'patch-does-not-fit',
    /hunk 2/,
    /netmap-port-driver realtek/,
  ],
];
for (const [title, change, code, reason, nextStep] of table) {
  test(`decides: ${title}`, () => {
    const decision = decideDriver({ ...good, ...change }, context);
    assert.equal(decision.code, code);
    assert.equal(decision.result, code === 'patch-fits' ? 'native' : 'dropped');
    assert.match(decision.reason, reason);
    assert.match(decision.nextStep, nextStep);
  });
}

const overridden: [string, Partial<DriverFacts>, string, string, RegExp][] = [
  [
    'force skips the .config check',
    { configValue: undefined, overrides: { force: '1' } },
    'CONFIG_R8169',
    'cp -Rp',
    /fits/,
  ],
  ['conf replaces the symbol', { overrides: { conf: 'CONFIG_MINE' } }, 'CONFIG_MINE', 'cp -Rp', /fits/],
  [
    'src needs no sources',
    { place: undefined, overrides: { src: 'git clone x realtek' } } as never,
    'CONFIG_R8169',
    'git clone',
    /by version/,
  ],
  [
    'patch is taken as it is',
    { choice: { tried: [] }, overrides: { patch: '/my.diff' } },
    'CONFIG_R8169',
    'cp -Rp',
    /\/my\.diff was chosen in config\.mak/,
  ],
];
for (const [title, change, conf, src, reason] of overridden) {
  test(`config.mak: ${title}`, () => {
    const decision = decideDriver({ ...good, ...change }, context);
    assert.equal(decision.result, 'native', decision.reason);
    assert.equal(decision.conf, conf);
    assert.ok(decision.src?.startsWith(src), decision.src);
    assert.match(decision.reason, reason);
  });
}

test('an empty override is none', () => {
  assert.equal(
    decideDriver({ ...good, configValue: undefined, overrides: { force: '' } }, context).code,
    'not-configured',
  );
});

test('reads overrides out of what make prints', () => {
  const text =
    'realtek@src=cp -Rp /a b\nrealtek@force=1\nveth.c@patch=none\nother@src=x\nrealtek@v=3\nveth.c@prepare=x\nnoise\n';
  assert.deepEqual(
    [...parseOverrides(text, ['realtek', 'veth.c'])],
    [
      ['realtek', { src: 'cp -Rp /a b', force: '1', v: '3' }],
      ['veth.c', { patch: 'none' }],
    ],
  );
});

test('a suffix makes a built-in driver usable', () => {
  const decision = decideDriver({ ...good, configValue: 'y' }, { ...context, driverSuffix: '-netmap' });
  assert.equal(decision.nextStep, 'make');
});

test('writes the three facts of drivers.mak', () => {
  const decision = decideDriver(good, context);
  assert.ok(decision.result === 'native');
  const { conf, src, patch } = decision;
  assert.deepEqual(
    [conf, src, patch],
    [
      'CONFIG_R8169',
      'cp -Rp /src/drivers/net/ethernet/realtek realtek',
      'patches/vanilla--realtek--60c00--60d00',
    ],
  );
});

test('the catalogue has the classic fifteen, by exact path', () => {
  assert.equal(classicDrivers.length, 15);
  assert.deepEqual(
    [...classicDrivers]
      .reverse()
      .map(({ name }) => name)
      .join(' '),
    'mlx5 vmxnet3 i40e ice ixgbevf ixgbe igc igb e1000e e1000 veth.c forcedeth.c virtio_net.c realtek stmmac',
  );
  for (const { path } of classicDrivers) assert.match(path, /^drivers\/net\//);
  assert.equal(findDriver('r8169.c', classicDrivers)?.name, 'realtek');
  assert.equal(findDriver('stmmac', classicDrivers)?.kconfig, 'CONFIG_STMMAC_ETH');
  assert.equal(findDriver('veth.c', classicDrivers)?.kconfig, 'CONFIG_VETH');
});
