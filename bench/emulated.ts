/**
 * Rates of emulated ports (veth, e1000) in a VM, 60-byte frames, and the processor time that the sender takes. One JSON
 * document. Run it on a quiet machine.
 *
 *     node dist/bench/emulated.js [SERIES [SECONDS]]        default: 6.12 10
 */
import { measureRates } from './rates.js';

await measureRates({
  name: 'emulated',
  baseline: {
    sink: { tx: 9.77e6 },
    'veth-512': { tx: 0.165e6, rx: 0.139e6 },
    'e1000-254': { tx: 0.31e6 },
  },
  machine: { availableModules: ['veth', 'e1000'], nics: [{ model: 'e1000' }] },
});
