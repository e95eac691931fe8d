import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/facts/kernel-tree/config.js';

test('values, strings, symbols that are not set, and the environment', () => {
  const text = 'CONFIG_A=m\n# CONFIG_B is not set\nCONFIG_S="a \\"b\\""\nCONFIG_E=""\nnonsense\n';
  const config = parseConfig(text, { CONFIG_B: 'm', CONFIG_A: 'y', HOME: '/root' });
  assert.equal(config.get('CONFIG_A'), 'm');
  assert.equal(config.get('CONFIG_B'), 'm');
  assert.equal(config.get('CONFIG_S'), 'a "b"');
  assert.equal(config.get('CONFIG_E'), undefined);
  assert.equal(config.get('HOME'), undefined);
});

test('a .config of 50 MB', () => {
  const line = 'CONFIG_SOMETHING_LONG_ENOUGH_TO_FILL=y\n';
  const text = `${line.repeat(Math.ceil((50 * 1024 * 1024) / line.length))}CONFIG_R8169=m\n`;
  assert.equal(parseConfig(text).get('CONFIG_R8169'), 'm');
  const unended = `CONFIG_X="${'a'.repeat(50 * 1024 * 1024)}`;
  assert.equal(parseConfig(unended).get('CONFIG_X')?.length, 50 * 1024 * 1024 + 1);
});

test('what looks like a command is a value', () => {
  assert.equal(parseConfig('CONFIG_A=$(reboot)\n').get('CONFIG_A'), '$(reboot)');
});
