import { type CFunction, functionAt, indexSource, type SourceFile } from './functions.js';
import { parseBody, UnreadableBody } from './statements.js';

export const parts = [
  'probe',
  'remove',
  'open',
  'close',
  'xmit',
  'poll',
  'interrupt',
  'clean-rx',
  'clean-tx',
  'ring-setup',
  'reset',
] as const;
export type Part = (typeof parts)[number];

/** A function of the driver, and what shows its part. */
export interface Found {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly evidence: string;
}

export type Structure = Readonly<Record<Part, readonly Found[]>>;

const ndo: Record<string, Part> = {
  ndo_open: 'open',
  ndo_stop: 'close',
  ndo_start_xmit: 'xmit',
  ndo_tx_timeout: 'reset',
  ndo_change_mtu: 'reset',
};
const receives =
  /^(napi_gro_receive|napi_gro_frags|netif_receive_skb|netif_receive_skb_list|netif_rx|netif_rx_ni)$/;
const completes =
  /^(netdev_completed_queue|netdev_tx_completed_queue|__netdev_tx_completed_queue|dev_kfree_skb\w*|dev_consume_skb\w*|napi_consume_skb|netif_tx_wake_queue|netif_wake_queue|netif_subqueue_completed_wake)$/;
const allocates =
  /^(netdev_alloc_skb\w*|napi_alloc_skb|__netdev_alloc_skb\w*|__napi_alloc_skb|dev_alloc_skb|alloc_pages?\w*|dev_alloc_pages?|__dev_alloc_pages?|page_pool_\w*alloc\w*|napi_alloc_frag\w*)$/;

interface Node {
  readonly source: SourceFile;
  readonly fn: CFunction;
  readonly calls: readonly string[];
  /** Calls inside a loop. */
  readonly loops: readonly string[];
}

/**
 * Finds the parts of a network driver by structure: operation tables, NAPI and interrupt registration, and what
 * the functions that these reach do in loops. Names only decide between functions that do the same.
 */
export function findStructure(files: ReadonlyMap<string, string>): Structure {
  const sources = [...files].map(([name, text]) => indexSource(name, text));
  const graph = new Map<string, Node>();
  for (const source of sources) for (const fn of source.functions) graph.set(fn.name, nodeOf(source, fn));
  const found = Object.fromEntries(parts.map((part) => [part, []])) as unknown as Record<Part, Found[]>;
  const add = (part: Part, name: string, evidence: string): void => {
    const node = graph.get(name);
    if (node === undefined || found[part].some((other) => other.function === name)) return;
    found[part].push({ function: name, file: node.source.name, line: node.fn.line, evidence });
  };
  for (const source of sources) {
    fromTables(source, add);
    fromRegistrations(source, add);
  }
  const reached = reachable(
    graph,
    [...found.poll, ...found.interrupt].map((one) => one.function),
  );
  // Functions that are only called through pointers are found by what they do.
  const rx = looping(graph, receives, reached);
  for (const name of rx.length > 0 ? rx : looping(graph, receives, [...graph.keys()]))
    add('clean-rx', name, 'hands frames to the stack in a loop');
  const isXmit = new Set([...found.xmit, ...found['clean-rx']].map((one) => one.function));
  const tx = looping(graph, completes, reached).filter((name) => !isXmit.has(name) && !/rx/i.test(name));
  const txAnywhere = looping(graph, completes, [...graph.keys()]).filter((name) =>
    /tx.*(clean|irq|compl)|clean.*tx/i.test(name),
  );
  for (const name of tx.length > 0 ? tx : txAnywhere) add('clean-tx', name, 'frees sent frames in a loop');
  for (const name of looping(graph, allocates, [...graph.keys()]).filter((name) => !isXmit.has(name)))
    add('ring-setup', name, 'allocates receive buffers in a loop');
  for (const part of ['clean-rx', 'clean-tx', 'ring-setup'] as const) found[part].sort(byName(part, graph));
  return found;
}

function nodeOf(source: SourceFile, fn: CFunction): Node {
  const names = (from: number, to: number): string[] => {
    const calls: string[] = [];
    for (let at = from; at < to; at++)
      if (source.tokens[at]?.kind === 'word' && source.tokens[at + 1]?.text === '(')
        calls.push(source.tokens[at]?.text ?? '');
    return calls;
  };
  const loops: string[] = [];
  try {
    for (const { start, wholeEnd } of parseBody(source, fn).anchors)
      if (/^(for|while|do)$|^\w*for_each\w*$/.test(source.tokens[start]?.text ?? ''))
        loops.push(...names(start, wholeEnd));
  } catch (error) {
    if (!(error instanceof UnreadableBody)) throw error;
  }
  return { source, fn, calls: names(fn.open, fn.close), loops };
}

type Add = (part: Part, name: string, evidence: string) => void;

function fromTables(source: SourceFile, add: Add): void {
  source.tokens.forEach((token, at) => {
    if (token.text !== '.' || source.tokens[at + 2]?.text !== '=') return;
    const member = source.tokens[at + 1]?.text ?? '';
    const value = source.tokens[at + 3]?.text ?? '';
    const part = ndo[member];
    if (part !== undefined) add(part, value, `.${member}`);
    if (!/^(probe|remove)$/.test(member) || functionAt(source, at) !== undefined) return;
    const table = source.declarations.find(({ start, end }) => start <= at && at < end);
    const words = source.tokens.slice(table?.start ?? at, at).map(({ text }) => text);
    const bus = words.find((word) => /^(pci|platform|virtio|usb|xenbus|of_platform)_driver$/.test(word));
    if (bus !== undefined) add(member as Part, value, `.${member} of ${bus}`);
  });
}

/** Which argument of a registering call names the function. */
const registrations: Record<string, [part: Part, argument: number]> = {
  netif_napi_add: ['poll', 2],
  netif_napi_add_weight: ['poll', 2],
  netif_napi_add_config: ['poll', 2],
  netif_napi_add_locked: ['poll', 2],
  request_irq: ['interrupt', 1],
  request_threaded_irq: ['interrupt', 1],
  devm_request_irq: ['interrupt', 2],
  pci_request_irq: ['interrupt', 2],
  INIT_WORK: ['reset', 1],
};

function fromRegistrations(source: SourceFile, add: Add): void {
  source.tokens.forEach((token, at) => {
    const registration = registrations[token.text];
    if (registration === undefined || source.tokens[at + 1]?.text !== '(') return;
    const [part, wanted] = registration;
    const close = source.partner[at + 1] ?? at;
    let argument = 0;
    for (let inner = at + 2; inner < close; inner++) {
      const text = source.tokens[inner]?.text ?? '';
      if (/^[([{]$/.test(text)) inner = Math.max(inner, source.partner[inner] ?? inner);
      else if (text === ',') argument++;
      else if (
        argument === wanted &&
        source.tokens[inner]?.kind === 'word' &&
        (part !== 'reset' || /reset|restart|timeout/i.test(text))
      )
        for (const name of [text, ...assignedTo(source, at, text)]) add(part, name, `${token.text}()`);
    }
  });
}

/** Values given to a variable in the function around a token: `handler = e1000_intr`. */
function assignedTo(source: SourceFile, token: number, variable: string): string[] {
  const fn = functionAt(source, token);
  if (fn === undefined) return [];
  const values: string[] = [];
  for (let at = fn.open; at < fn.close; at++)
    if (source.tokens[at]?.text === variable && source.tokens[at + 1]?.text === '=')
      values.push(source.tokens[at + 2]?.text ?? '');
  return values;
}

/** Everything that the roots call, roots included, breadth first. */
function reachable(graph: ReadonlyMap<string, Node>, roots: readonly string[]): string[] {
  const order: string[] = [];
  const queue = [...roots];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const node = graph.get(name);
    if (node === undefined || order.includes(name)) continue;
    order.push(name);
    queue.push(...node.calls);
  }
  return order;
}

/** Functions among `names` with a loop that, directly or through others, calls something that matches. */
function looping(graph: ReadonlyMap<string, Node>, what: RegExp, names: readonly string[]): string[] {
  return names.filter((name) => {
    const node = graph.get(name);
    return (
      node !== undefined &&
      [
        ...node.loops,
        ...reachable(graph, node.loops).flatMap((callee) => graph.get(callee)?.calls ?? []),
      ].some((call) => what.test(call))
    );
  });
}

/** Best first: a name that says so, then fewer callees. */
function byName(part: Part, graph: ReadonlyMap<string, Node>) {
  const words: Partial<Record<Part, RegExp>> = {
    'clean-rx': /rx|recv|receive/i,
    'clean-tx': /tx|xmit|send/i,
    'ring-setup': /fill|alloc_rx|init_ring|rx_init|setup/i,
  };
  const score = (name: string): number =>
    (words[part]?.test(name) ? 0 : 100) +
    (/poll|jumbo|xdp|zc/i.test(name) ? 10 : 0) +
    Math.min(9, reachable(graph, [name]).length / 4);
  return (a: Found, b: Found): number => score(a.function) - score(b.function) || a.line - b.line;
}
