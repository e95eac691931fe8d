import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lostOptions } from '../../../src/lab/vm/debug-kernel.js';

test('an option that a debug kernel needs is lost when it is off, a module, absent, or part of another', () => {
  const config =
    'CONFIG_KASAN=y\n# CONFIG_PROVE_LOCKING is not set\nCONFIG_FAILSLAB=m\nCONFIG_DMA_API_DEBUG_SG=y\n';
  assert.deepEqual(lostOptions(config, ['KASAN', 'PROVE_LOCKING', 'FAILSLAB', 'DMA_API_DEBUG', 'KCSAN']), [
    'PROVE_LOCKING',
    'FAILSLAB',
    'DMA_API_DEBUG',
    'KCSAN',
  ]);
});
