import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetmapError } from '../../../src/core/errors.js';
import { moduleClosure, moduleName, parseModuleIndex } from '../../../src/lab/vm/modules.js';

const dep = [
  'kernel/drivers/net/phy/libphy.ko.xz: kernel/drivers/net/mdio-bus.ko.xz',
  'kernel/drivers/net/mdio-bus.ko.xz:',
  'kernel/drivers/net/phy/realtek.ko.xz: kernel/drivers/net/phy/libphy.ko.xz kernel/drivers/net/mdio-bus.ko.xz',
  'kernel/drivers/net/ethernet/realtek/r8169.ko.xz: kernel/drivers/net/phy/libphy.ko.xz kernel/drivers/net/mdio-bus.ko.xz',
  '',
].join('\n');
const softdep = '# comment\nsoftdep r8169 pre: realtek no_such_module\nsoftdep x pre: a post: b\n';
const index = parseModuleIndex(dep, 'kernel/net/core/built-in-one.ko\n', softdep);

test('needs come first, soft dependencies too, each once', () => {
  assert.deepEqual(moduleClosure(index, ['r8169', 'libphy']), [
    'kernel/drivers/net/mdio-bus.ko.xz',
    'kernel/drivers/net/phy/libphy.ko.xz',
    'kernel/drivers/net/phy/realtek.ko.xz',
    'kernel/drivers/net/ethernet/realtek/r8169.ko.xz',
  ]);
});

test('names with dashes and underscores are the same module; built-in ones need no file', () => {
  assert.equal(moduleName('kernel/drivers/net/mdio-bus.ko.zst'), 'mdio_bus');
  assert.deepEqual(moduleClosure(index, ['mdio_bus', 'built_in_one']), ['kernel/drivers/net/mdio-bus.ko.xz']);
  assert.deepEqual(index.pre.get('x'), ['a']);
});

test('a module that the kernel does not have is an error with its name', () => {
  assert.throws(
    () => moduleClosure(index, ['ixgbe']),
    (error: unknown) =>
      error instanceof NetmapError && error.code === 'module-missing' && /ixgbe/.test(error.message),
  );
});
