import { packageRoot } from '../../core/paths.js';
import { loadCatalogue } from '../../facts/drivers/catalogue.js';
import { builtInAdvice } from '../../facts/drivers/decide.js';
import { builtInDriver, moduleOf } from '../load/interfaces.js';
import { type Check, type Finding, ok, output } from './check.js';

/** Features of `ethtool -k` that change packets between the wire and the host rings. */
const OFFLOADS = [
  'rx-checksumming',
  'tx-checksumming',
  'scatter-gather',
  'tcp-segmentation-offload',
  'generic-segmentation-offload',
  'generic-receive-offload',
  'large-receive-offload',
];

/** Names that `ethtool -K` takes. */
const SHORT: Readonly<Record<string, string>> = {
  'rx-checksumming': 'rx',
  'tx-checksumming': 'tx',
  'scatter-gather': 'sg',
  'tcp-segmentation-offload': 'tso',
  'generic-segmentation-offload': 'gso',
  'generic-receive-offload': 'gro',
  'large-receive-offload': 'lro',
  'rx-vlan-offload': 'rxvlan',
};

/** Features that are on and that this NIC lets one change. */
export function changeable(text: string, names: readonly string[]): string[] {
  return names.filter((name) => new RegExp(`^${name}: on(?! \\[fixed\\])`, 'm').test(text));
}

function switchOff(name: string, features: readonly string[]): Pick<Finding, 'fix' | 'undo'> {
  const words = (state: string) => features.flatMap((feature) => [SHORT[feature] ?? feature, state]);
  return {
    fix: ['ethtool', '-K', name, ...words('off')],
    undo: ['ethtool', '-K', name, ...words('on')],
  };
}

export const nicChecks: readonly Check[] = [
  {
    id: 'interface',
    title: 'interface',
    each: 'interface',
    async run({ files }, name) {
      const flags = (await files.read(`/sys/class/net/${name}/flags`))?.trim();
      if (flags === undefined)
        return { level: 'problem', says: `there is no ${name}`, mend: 'ip link lists them' };
      if ((Number(flags) & 1) === 1) return ok('up');
      return {
        level: 'problem',
        says: 'down: nothing is sent or received',
        fix: ['ip', 'link', 'set', 'dev', name, 'up'],
        undo: ['ip', 'link', 'set', 'dev', name, 'down'],
      };
    },
  },
  {
    id: 'driver',
    title: 'driver',
    each: 'interface',
    async run({ files }, name) {
      const module = await moduleOf(name, files);
      if (module !== undefined) {
        const native = await files.exists(`/sys/module/netmap/holders/${module}`);
        return ok(native ? `${module}, native` : `${module}, emulated unless a patched one is loaded`);
      }
      const driver = await builtInDriver(name, files);
      if (driver === undefined)
        return ok('virtual, or its module is not known: the emulated adapter serves it');
      const known = (await loadCatalogue(packageRoot, files)).find((entry) => entry.module === driver);
      return {
        level: 'advice',
        says: `${driver} is built into this kernel: a patched module cannot take its place, the emulated adapter serves it`,
        ...(known === undefined ? {} : { mend: builtInAdvice(known) }),
      };
    },
  },
  {
    id: 'offloads',
    title: 'offloads',
    each: 'interface',
    async run(host, name) {
      const on = changeable(await output(host, 'ethtool', '-k', name), OFFLOADS);
      if (on.length === 0) return ok('off');
      const says = `on: ${on.join(', ')}; frames of the host ring are too long or lack checksums`;
      return { level: 'problem', says, ...switchOff(name, on) };
    },
  },
  {
    id: 'vlan',
    title: 'VLAN stripping',
    each: 'interface',
    async run(host, name) {
      const on = changeable(await output(host, 'ethtool', '-k', name), ['rx-vlan-offload']);
      if (on.length === 0) return ok('off');
      return { level: 'problem', says: 'on: tags are taken out of received frames', ...switchOff(name, on) };
    },
  },
  {
    id: 'promiscuous',
    title: 'promiscuous mode',
    each: 'interface',
    async run({ files }, name) {
      const flags = Number((await files.read(`/sys/class/net/${name}/flags`))?.trim() ?? 0);
      if ((flags & 0x100) !== 0) return ok('on');
      const set = (state: string) => ['ip', 'link', 'set', 'dev', name, 'promisc', state];
      const says = 'off: frames for other addresses are not received (a bridge needs them)';
      return { level: 'advice', says, fix: set('on'), undo: set('off') };
    },
  },
  {
    id: 'pause',
    title: 'flow control',
    each: 'interface',
    async run(host, name) {
      const text = await output(host, 'ethtool', '-a', name);
      const state = (what: string) => (new RegExp(`^${what}:\\s+on`, 'm').test(text) ? 'on' : 'off');
      const was = ['autoneg', state('Autonegotiate'), 'rx', state('RX'), 'tx', state('TX')];
      if (state('RX') === 'off' && state('TX') === 'off') return ok('off');
      return {
        level: 'advice',
        says: 'on: a slow receiver stops the sender',
        fix: ['ethtool', '-A', name, 'autoneg', 'off', 'rx', 'off', 'tx', 'off'],
        undo: ['ethtool', '-A', name, ...was],
      };
    },
  },
  {
    id: 'eee',
    title: 'Energy Efficient Ethernet',
    each: 'interface',
    async run(host, name) {
      if (!/EEE status: enabled/.test(await output(host, 'ethtool', '--show-eee', name))) return ok('off');
      return {
        level: 'advice',
        says: 'on: waking the link adds microseconds',
        fix: ['ethtool', '--set-eee', name, 'eee', 'off'],
        undo: ['ethtool', '--set-eee', name, 'eee', 'on'],
      };
    },
  },
  {
    id: 'coalescing',
    title: 'interrupt coalescing',
    each: 'interface',
    async run(host, name) {
      const text = await output(host, 'ethtool', '-c', name);
      const delay = Number(/^rx-usecs:\s+(\d+)/m.exec(text)?.[1] ?? 0);
      if (delay === 0) return ok('off');
      // Good for throughput, so it is left to the user.
      const mend = `for the lowest latency: ethtool -C ${name} rx-usecs 0 rx-frames 0`;
      return { level: 'advice', says: `received frames wait up to ${delay} us`, mend };
    },
  },
];
