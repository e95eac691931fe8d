import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { findStructure, type Part, type Structure } from '../../src/porting/source/structure.js';
import { supportedKernels } from '../porting/kernels.js';

const names = (structure: Structure, part: Part): string[] => structure[part].map((one) => one.function);

const real: [driver: string, expected: Partial<Record<Part, RegExp>>][] = [
  [
    'ethernet/realtek/8139cp.c',
    {
      probe: /^cp_init_one$/,
      open: /^cp_open$/,
      interrupt: /^cp_interrupt$/,
      'clean-rx': /^cp_rx_poll$/,
      'clean-tx': /^cp_tx$/,
      'ring-setup': /^cp_refill_rx$/,
      reset: /^cp_tx_timeout$/,
    },
  ],
  [
    'ethernet/aquantia/atlantic',
    {
      probe: /^aq_pci_probe$/,
      open: /^aq_ndev_open$/,
      'clean-rx': /^(__)?aq_ring_rx_clean$/,
      'clean-tx': /^aq_ring_tx_clean$/,
      'ring-setup': /^aq_ring_rx_fill$/,
    },
  ],
  [
    'ethernet/realtek/r8169_main.c',
    {
      probe: /^rtl_init_one$/,
      poll: /^rtl8169_poll$/,
      'clean-rx': /^rtl_rx$/,
      'clean-tx': /^rtl_tx$/,
      'ring-setup': /^rtl8169_rx_fill$/,
    },
  ],
  [
    'ethernet/intel/e1000',
    {
      interrupt: /^e1000_(intr|test_intr)$/,
      poll: /^e1000_clean$/,
      'clean-rx': /^e1000_clean_rx_irq$/,
      'clean-tx': /^e1000_clean_tx_irq$/,
    },
  ],
];

for (const { series, sourceDir } of await supportedKernels())
  for (const [driver, expected] of real)
    test(`Linux ${series}: parts of ${driver}`, () => {
      const place = path.join(sourceDir, 'drivers/net', driver);
      const members = driver.endsWith('.c')
        ? [place]
        : readdirSync(place)
            .filter((name) => name.endsWith('.c'))
            .map((name) => path.join(place, name));
      const structure = findStructure(
        new Map(members.map((name) => [path.basename(name), readFileSync(name, 'utf8')])),
      );
      for (const [part, name] of Object.entries(expected))
        assert.match(names(structure, part as Part)[0] ?? '(none)', name as RegExp, part);
    });
