/*
 * More memory than a NIC reaches: the e1000 addresses 32 bits, half of the memory or more lies above.
 *
 *     [eth0 e1000] --- hub 0 --- [eth1 e1000]        [left] === veth === [right]
 *
 * NETMAP_NIGHTLY=1 adds a guest of 64 GB. Guests touch little of their memory, so the host needs far less.
 */
import { test } from 'node:test';
import { runPortedVm } from './ported.js';

const sizes = process.env.NETMAP_NIGHTLY === '1' ? [6, 64] : [6];

for (const gigabytes of sizes)
  test(`two e1000 in ${gigabytes} GB, all parameters default`, async () => {
    await runPortedVm({
      series: '6.12',
      scripts: ['ported.sh', 'e1000-memory.sh'],
      variables: {},
      guestPrograms: ['regionof'],
      spec: { nics: [{ model: 'e1000' }, { model: 'e1000' }], memoryMb: gigabytes * 1024 },
    });
  });
