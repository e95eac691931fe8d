import path from 'node:path';
import { z } from 'zod';
import type { Files } from '../../core/files.js';
import type { Runner } from '../../core/runner.js';

/** Everything about an interface that is lost when its driver goes, as far as the kernel knows it. */
export const interfaceSchema = z.strictObject({
  name: z.string(),
  /** Module that drives it. */
  module: z.string(),
  /** Device that it belongs to, e.g. the PCI address; finds the interface again under a new name. */
  device: z.string(),
  up: z.boolean(),
  carrier: z.boolean(),
  mtu: z.number(),
  promiscuous: z.boolean(),
  master: z.string().optional(),
  /** `10.0.0.2/24`, with the words that `ip address add` takes behind it. */
  addresses: z.array(z.array(z.string())),
  /** Words for `ip -4|-6 route replace`. */
  routes: z.array(z.strictObject({ family: z.enum(['-4', '-6']), words: z.array(z.string()) })),
});
export type InterfaceState = z.infer<typeof interfaceSchema>;

const linkSchema = z.array(
  z.object({
    flags: z.array(z.string()),
    mtu: z.number(),
    master: z.string().optional(),
    addr_info: z
      .array(
        z.object({
          family: z.string().optional(),
          local: z.string().optional(),
          prefixlen: z.number().optional(),
          broadcast: z.string().optional(),
          scope: z.string().optional(),
          label: z.string().optional(),
          protocol: z.string().optional(),
        }),
      )
      .default([]),
  }),
);

/** Names of the interfaces whose driver is the module `driver`, with their devices. */
export async function interfacesOf(
  driver: string,
  files: Files,
  sysfs = '/sys',
): Promise<{ name: string; device: string; module: string }[]> {
  const found: { name: string; device: string; module: string }[] = [];
  for (const name of await files.list(path.join(sysfs, 'class/net'))) {
    if ((await moduleOf(name, files, sysfs)) !== driver) continue;
    const device = await files.readlink(path.join(sysfs, 'class/net', name, 'device')).catch(() => '');
    found.push({ name, device: path.basename(device), module: driver });
  }
  return found;
}

/** Name of the module that drives an interface; undefined for built-in and virtual ones. */
export async function moduleOf(
  name: string,
  files: Pick<Files, 'readlink'>,
  sysfs = '/sys',
): Promise<string | undefined> {
  const link = await files
    .readlink(path.join(sysfs, 'class/net', name, 'device/driver/module'))
    .catch(() => undefined);
  return link === undefined ? undefined : path.basename(link);
}

/** Name of the driver of an interface whose device has one that is part of the kernel image. */
export async function builtInDriver(
  name: string,
  files: Pick<Files, 'readlink'>,
  sysfs = '/sys',
): Promise<string | undefined> {
  const driver = path.join(sysfs, 'class/net', name, 'device/driver');
  const link = await files.readlink(driver).catch(() => undefined);
  if (link === undefined || (await moduleOf(name, files, sysfs)) !== undefined) return undefined;
  return path.basename(link);
}

/** @throws NetmapError as the runner when `ip` fails, ZodError never: unknown fields are left out */
export async function readInterface(
  { name, device, module }: { name: string; device: string; module: string },
  runner: Runner,
  files: Files,
): Promise<InterfaceState> {
  const { stdout } = await runner.run({ file: 'ip', args: ['-j', 'address', 'show', 'dev', name] });
  const [link] = linkSchema.parse(JSON.parse(stdout));
  const carrier = await files.read(`/sys/class/net/${name}/carrier`).catch(() => undefined);
  const routes: InterfaceState['routes'] = [];
  for (const family of ['-4', '-6'] as const) {
    const table = await runner.run({
      file: 'ip',
      args: [family, 'route', 'show', 'dev', name],
      allowFailure: true,
    });
    routes.push(...parseRoutes(table.stdout).map((words) => ({ family, words })));
  }
  return {
    name,
    module,
    device,
    up: link?.flags.includes('UP') ?? false,
    carrier: carrier?.trim() === '1',
    mtu: link?.mtu ?? 1500,
    promiscuous: link?.flags.includes('PROMISC') ?? false,
    ...(link?.master === undefined ? {} : { master: link.master }),
    addresses: (link?.addr_info ?? []).flatMap((address) => addressWords(address)),
    routes,
  };
}

type Address = z.infer<typeof linkSchema>[number]['addr_info'][number];

/** The kernel makes link-local addresses and those of router advertisements itself. */
function addressWords(address: Address): string[][] {
  const { local, prefixlen, broadcast, scope, label, family, protocol } = address;
  if (local === undefined || prefixlen === undefined) return [];
  if (family === 'inet6' && (scope === 'link' || protocol?.startsWith('kernel'))) return [];
  return [
    [
      `${local}/${prefixlen}`,
      ...(broadcast === undefined ? [] : ['broadcast', broadcast]),
      ...(scope === undefined || scope === 'global' ? [] : ['scope', scope]),
      ...(label === undefined ? [] : ['label', label]),
    ],
  ];
}

/** Lines of `ip route show dev X`, without those that come with an address and without states. */
export function parseRoutes(text: string): string[][] {
  return text
    .split('\n')
    .map((line) =>
      line.split(/\s+/).filter((word) => word !== '' && !['linkdown', 'dead', 'pervasive'].includes(word)),
    )
    .filter((words) => words.length > 0 && !words.join(' ').includes('proto kernel'));
}

/** Commands that give an interface its state back; `now` is its present name. Each may be repeated. */
export function restoreCommands(state: InterfaceState, now: string): string[][] {
  const { name } = state;
  return [
    ...(now === name
      ? []
      : [
          ['ip', 'link', 'set', 'dev', now, 'down'],
          ['ip', 'link', 'set', 'dev', now, 'name', name],
        ]),
    ['ip', 'link', 'set', 'dev', name, 'mtu', String(state.mtu)],
    ...(state.master === undefined ? [] : [['ip', 'link', 'set', 'dev', name, 'master', state.master]]),
    ...(state.promiscuous ? [['ip', 'link', 'set', 'dev', name, 'promisc', 'on']] : []),
    ...(state.up ? [['ip', 'link', 'set', 'dev', name, 'up']] : []),
    ...state.addresses.map((words) => ['ip', 'address', 'replace', ...words, 'dev', name]),
    ...(state.up
      ? state.routes.map(({ family, words }) => ['ip', family, 'route', 'replace', ...words, 'dev', name])
      : []),
  ];
}
