/*
 * VALE switches on Debian's 6.12 and 5.10:
 *
 *     [a] [b] [c] --- vale0 --- eth0 ~~~ hub ~~~ eth1
 */
import { test } from 'node:test';
import { seed } from '../support/seed.js';
import { runNetmapVm } from './netmap.js';

const nic = { model: 'rtl8168' as const };

for (const series of ['6.12', '5.10'] as const) {
  test(`names, life cycles and packets of switch ports (${series}, seed ${seed()})`, async () => {
    await runNetmapVm({
      series,
      script: 'vale.sh',
      variables: { SEED: seed() },
      guestPrograms: ['vale', 'valerules', 'persistent', 'vnet', 'valectl', 'nmcheck'],
      spec: { nics: [nic, nic] },
    });
  });
}
