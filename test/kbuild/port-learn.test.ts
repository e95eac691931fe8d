import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createTwoFilesPatch } from 'diff';
import type { Manifest } from '../../src/facts/drivers/manifest.js';
import { type DriverFacts, learnManifest } from '../../src/porting/learn/learn.js';
import { planPort } from '../../src/porting/place/plan.js';
import { supportedKernels } from '../porting/kernels.js';

interface Spot {
  readonly fn: string;
  /** First line of the function that matches; the hook goes in front of it. */
  readonly before: RegExp;
  readonly text: string;
}

interface Driver {
  readonly name: string;
  readonly folder: string;
  readonly file: string;
  readonly spots: readonly Spot[];
}

const guard = (code: string): string => `#ifdef DEV_NETMAP\n\t${code}\n#endif /* DEV_NETMAP */\n`;

/** Small ports in our own words: where each hook of a driver goes, in the terms of its 6.1 source. */
const drivers: Driver[] = [
  {
    name: 'e1000',
    folder: 'drivers/net/ethernet/intel/e1000',
    file: 'e1000_main.c',
    spots: [
      { fn: 'e1000_probe', before: /^\treturn 0;/, text: guard('e1000_netmap_attach(adapter);') },
      { fn: 'e1000_remove', before: /^\tunregister_netdev\(/, text: guard('netmap_detach(netdev);') },
      {
        fn: 'e1000_configure',
        before: /^\tfor \(i = 0/,
        text: guard('if (e1000_netmap_init_buffers(adapter))\n\t\treturn;'),
      },
      {
        fn: 'e1000_clean_tx_irq',
        before: /^\ti = tx_ring->next_to_clean;/,
        text: guard('if (netmap_tx_irq(netdev, 0) != NM_IRQ_PASS)\n\t\treturn true;'),
      },
      {
        fn: 'e1000_clean_rx_irq',
        before: /^\ti = rx_ring->next_to_clean;/,
        text: guard('if (netmap_rx_irq(netdev, 0, work_done) != NM_IRQ_PASS)\n\t\treturn true;'),
      },
    ],
  },
  {
    name: 'e1000e',
    folder: 'drivers/net/ethernet/intel/e1000e',
    file: 'netdev.c',
    spots: [
      { fn: 'e1000_probe', before: /^\treturn 0;/, text: guard('e1000_netmap_attach(adapter);') },
      { fn: 'e1000_remove', before: /^\tunregister_netdev\(/, text: guard('netmap_detach(netdev);') },
      {
        fn: 'e1000_configure',
        before: /^\te1000_configure_tx\(/,
        text: guard('e1000e_netmap_configure(adapter);'),
      },
      {
        fn: 'e1000_clean_tx_irq',
        before: /^\ti = tx_ring->next_to_clean;/,
        text: guard('if (netmap_tx_irq(netdev, 0) != NM_IRQ_PASS)\n\t\treturn true;'),
      },
    ],
  },
  {
    name: 'veth.c',
    folder: 'drivers/net',
    file: 'veth.c',
    spots: [
      {
        fn: 'veth_dellink',
        before: /^\tunregister_netdevice_queue\(dev/,
        text: guard('netmap_detach(dev);'),
      },
      {
        fn: 'veth_poll',
        before: /^\tbq\.count = 0;/,
        text: guard('if (netmap_rx_irq(rq->dev, 0, &done) != NM_IRQ_PASS)\n\t\treturn done;'),
      },
      { fn: 'veth_open', before: /^\tif \(peer->flags & IFF_UP\)/, text: guard('veth_netmap_open(dev);') },
    ],
  },
  {
    name: 'virtio_net.c',
    folder: 'drivers/net',
    file: 'virtio_net.c',
    spots: [
      {
        fn: 'virtnet_open',
        before: /^\tfor \(i = 0/,
        text: guard('if (virtio_netmap_init_buffers(vi))\n\t\treturn 0;'),
      },
      {
        fn: 'virtnet_poll',
        before: /^\tif \(budget\)|^\tvirtnet_poll_cleantx/,
        text: guard('if (virtio_netmap_rx(rq, budget))\n\t\treturn 0;'),
      },
      { fn: 'virtnet_remove', before: /^\tunregister_netdev\(/, text: guard('netmap_detach(vi->dev);') },
    ],
  },
  {
    name: 'vmxnet3',
    folder: 'drivers/net/vmxnet3',
    file: 'vmxnet3_drv.c',
    spots: [
      {
        fn: 'vmxnet3_rq_rx_complete',
        before: /^\tvmxnet3_getRxComp\(/,
        text: guard('if (netmap_rx_irq(adapter->netdev, 0, &num_pkts) != NM_IRQ_PASS)\n\t\treturn 1;'),
      },
      {
        fn: 'vmxnet3_remove_device',
        before: /^\tunregister_netdev\(/,
        text: guard('netmap_detach(netdev);'),
      },
      { fn: 'vmxnet3_probe_device', before: /^\treturn 0;/, text: guard('vmxnet3_netmap_attach(adapter);') },
    ],
  },
  {
    name: '8139cp.c',
    folder: 'drivers/net/ethernet/realtek',
    file: '8139cp.c',
    spots: [
      { fn: 'cp_init_one', before: /^\treturn 0;/, text: guard('cp_netmap_attach(cp);') },
      { fn: 'cp_remove_one', before: /^\tunregister_netdev\(/, text: guard('netmap_detach(dev);') },
      {
        fn: 'cp_rx_poll',
        before: /^\tcpw16\(IntrStatus/,
        text: guard('if (netmap_rx_irq(dev, 0, &rx) != NM_IRQ_PASS)\n\t\treturn rx;'),
      },
      {
        fn: 'cp_tx',
        before: /^\twhile \(/,
        text: guard('if (netmap_tx_irq(cp->dev, 0) != NM_IRQ_PASS)\n\t\treturn;'),
      },
      {
        fn: 'cp_init_rings',
        before: /^\treturn cp_refill_rx|^\tcp_init_rings_index/,
        text: guard('cp_netmap_init(cp);'),
      },
    ],
  },
];

const include =
  '#if defined(CONFIG_NETMAP) || defined(CONFIG_NETMAP_MODULE)\n#include <toy_netmap.h>\n#endif\n\n';

/** First and last line of a function, found by its layout alone. */
function rangeOf(lines: readonly string[], fn: string): [number, number] {
  const start = lines.findIndex(
    (line, at) =>
      new RegExp(`^(?:\\S.*[ *])?${fn} ?\\(`).test(line) &&
      lines
        .slice(at, at + 12)
        .some((next, k) => next === '{' && !lines.slice(at, at + k).some((l) => l.endsWith(';'))),
  );
  const end = lines.findIndex((line, at) => at > start && line === '}');
  return start < 0 ? [-1, -1] : [start, end];
}

/** Line indices in the order of the spots, or undefined when this kernel has no such place. */
function find(lines: readonly string[], { fn, before }: Spot): number | undefined {
  const [start, end] = rangeOf(lines, fn);
  // The last match: `return 0;` of a probe is its end.
  const hits = lines.flatMap((line, at) => (at > start && at < end && before.test(line) ? [at] : []));
  return start < 0 ? undefined : before.source.includes('return 0') ? hits.at(-1) : hits[0];
}

function patchFor(driver: Driver, text: string): string {
  const lines = text.split('\n');
  const additions = driver.spots.map((spot) => {
    const at = find(lines, spot);
    assert.ok(at !== undefined, `${driver.name} has ${spot.fn} and its line`);
    return { at, text: spot.text };
  });
  const first = Math.min(...driver.spots.map(({ fn }) => rangeOf(lines, fn)[0]));
  // Above the comment of the first hooked function.
  let top = first;
  while (!/^\}|^$/.test(lines[top - 1] ?? '')) top--;
  additions.push({ at: top, text: include });
  const ported = lines
    .map(
      (line, at) =>
        additions
          .filter((a) => a.at === at)
          .map((a) => a.text)
          .join('') + line,
    )
    .join('\n');
  const file = driver.name.endsWith('.c') ? driver.file : `${driver.name}/${driver.file}`;
  return createTwoFilesPatch(`a/${file}`, `b/${file}`, text, ported);
}

function factsOf(driver: Driver): DriverFacts {
  const kind = driver.name.endsWith('.c') ? 'file' : 'directory';
  const location = kind === 'file' ? `${driver.folder}/${driver.file}` : driver.folder;
  const module = driver.file.replace('.c', '');
  return { name: driver.name, path: location, kind, keyFile: driver.file, kconfig: 'CONFIG_TOY', module };
}

const kernels = await supportedKernels();
const home = kernels.find(({ series }) => series === '6.1');

for (const driver of drivers) {
  test(`rules learned from a patch for ${driver.name} hold on every kernel, or are refused`, (context) => {
    const read = (tree: string): string => readFileSync(path.join(tree, driver.folder, driver.file), 'utf8');
    const text = read(home?.sourceDir ?? '');
    const rules: Manifest = learnManifest(
      patchFor(driver, text),
      factsOf(driver),
      new Map([[driver.file, text]]),
      () => driver.file,
    );
    assert.equal(rules.hooks.length, driver.spots.length + 1);
    for (const { series, sourceDir } of kernels) {
      const source = read(sourceDir);
      const lines = source.split('\n');
      const plan = planPort(rules, new Map([[driver.file, source]]));
      for (const { hook, reason, what } of plan.refusals)
        context.diagnostic(`${series}: ${hook} refused (${reason}): ${what}`);
      if (series === home?.series) assert.deepEqual(plan.refusals, []);
      if (plan.refusals.length > 0) assert.equal(plan.files.size, 0);
      for (const placement of plan.placements) {
        const spot = driver.spots.find(
          ({ text: hookText }) =>
            hookText === placement.text && driver.spots.some(({ fn }) => fn === placement.function),
        );
        if (spot === undefined || placement.role === 'include') continue;
        assert.equal(placement.function, spot.fn);
        const [start, end] = rangeOf(lines, spot.fn);
        assert.ok(placement.line > start && placement.line <= end, `${series}: inside ${spot.fn}`);
        const at = find(lines, spot);
        // Comments above the statement belong to it.
        const target = lines.findIndex(
          (line, index) => index >= placement.line - 1 && !/^\s*(\/\*|\*|\/\/|$)/.test(line),
        );
        assert.equal(target, at, `${series}: ${placement.hook} in ${spot.fn}`);
      }
      context.diagnostic(`${series}: ${plan.placements.length} of ${rules.hooks.length} placed`);
    }
  });
}
