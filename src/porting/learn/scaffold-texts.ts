import type { Hook } from '../../facts/drivers/manifest.js';
import type { Structure } from '../source/structure.js';

/** A hook that a new port is proposed to have, and what its bridge function must do. */
export interface Wanted {
  readonly role: Hook['role'];
  readonly part: keyof Structure;
  /** Name of the bridge function, without its prefix. */
  readonly call: string;
  readonly stops: boolean;
  readonly contract: readonly string[];
}

export const wanted: readonly Wanted[] = [
  {
    role: 'ring-init',
    part: 'ring-setup',
    call: 'rx_fill',
    stops: true,
    contract: [
      'nm_nic_rx_start(dev, ring): true when it has filled the ring with',
      'netmap buffers, and the driver must allocate none. NIC stopped.',
    ],
  },
  {
    role: 'ring-reset',
    part: 'reset',
    call: 'reset',
    stops: false,
    contract: [
      'The driver is about to reset its rings: nm_nic_stop(dev) first. When it',
      'has done its part, nm_nic_tx_start() and nm_nic_rx_start() for each ring',
      'and nm_nic_start(dev). Find every path that comes here.',
    ],
  },
  {
    role: 'tx-irq',
    part: 'clean-tx',
    call: 'tx_irq',
    stops: true,
    contract: [
      "nm_nic_tx_irq(dev, ring): true when the frames are netmap's, and the",
      'driver must not complete them. Softirq or hard irq.',
    ],
  },
  {
    role: 'rx-irq',
    part: 'clean-rx',
    call: 'rx_irq',
    stops: true,
    contract: [
      'True when nm_nic_rx_irq(dev, ring, budget) is not negative. The',
      "driver's return value must tell NAPI that work: look at the hook.",
      'Softirq.',
    ],
  },
];

/** Lines of a hook, inside the guard that leaves them out of a build without netmap. */
export function guarded(...lines: string[]): string {
  return ['#ifdef DEV_NETMAP', ...lines.map((line) => `\t${line}`), '#endif /* DEV_NETMAP */', ''].join('\n');
}

/** The skeleton of a bridge function, under its contract. */
export function definition(
  prefix: string,
  want: Pick<Wanted, 'call' | 'stops' | 'contract'>,
  type: string,
): string {
  const comment = want.contract.map((line) => ` * ${line}`).join('\n');
  // An empty function would vanish, and with it the proof that the hook calls it.
  const result = want.stops ? '\treturn false;\n' : '\tbarrier();\n';
  return `/*\n${comment}\n */\nstatic __maybe_unused ${want.stops ? 'bool' : 'void'} ${prefix}_netmap_${want.call}(${type}subject)\n{\n${result}}\n`;
}
