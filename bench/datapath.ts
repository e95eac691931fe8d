/**
 * Rates of switches, pipes and monitors in a VM, 60-byte frames unless the name says otherwise. One JSON document. Run
 * it on a quiet machine.
 *
 *     node dist/bench/datapath.js [SERIES [SECONDS]]        default: 6.12 10
 */
import { measureRates } from './rates.js';

await measureRates({
  name: 'datapath',
  baseline: {
    sink: { tx: 9.77e6 },
    'vale-512': { tx: 2.95e6, rx: 2.76e6 },
    'vale-32': { tx: 1.63e6, rx: 1.61e6 },
    'vale-alone': { tx: 7.68e6 },
    'pipe-511': { tx: 5.15e6, rx: 6.09e6 },
  },
});
