/*
 * A transmitter that stops; topology: see 8139cp.test.ts.
 */
import { test } from 'node:test';
import { runPortedVm } from './ported.js';

test('8139cp on 6.12: a transmitter that hangs in netmap mode is noticed and reset', async () => {
  await runPortedVm({
    series: '6.12',
    scripts: ['ported.sh', '8139cp-hang.sh'],
    variables: {},
    spec: { modules: ['mii'], nics: [{ model: 'rtl8139' }, { model: 'rtl8139' }] },
  });
});
