import type { Port, PortUser } from './ports.js';
import type { ModuleStatus, Status } from './status.js';

/** The status for people. */
export function renderStatus({ core, interfaces, ports, portsKnown, users }: Status): string {
  const state = core.loaded ? `loaded (build ID ${core.buildId ?? 'unknown'})` : 'not loaded';
  const using = users.map(({ pid, program }) => `${program} (${pid})`).join(', ');
  const modules = new Map<string, ModuleStatus>();
  if (core.loaded) modules.set(core.name, core);
  for (const { driver } of interfaces) if (driver !== null) modules.set(driver.name, driver);
  const sections = [
    [`${core.name}.ko: ${state}`, `used by: ${using || 'nobody'}`],
    columns([
      ['interface', 'driver', 'netmap', 'rings tx/rx', 'state', 'in use by'],
      ...interfaces.map(({ name, driver, netmap, rings, up, port }) => [
        name,
        driver?.name ?? '-',
        netmap,
        `${rings.tx}/${rings.rx}`,
        up ? 'up' : 'down',
        port === null ? '-' : usedBy(port, rings),
      ]),
    ]),
    ports.length === 0
      ? []
      : columns([
          ['other port', 'region', 'rings tx/rx', 'in use by'],
          ...ports.map((port) => [
            port.name,
            `${port.region}`,
            `${port.rings.tx}/${port.rings.rx}`,
            usedBy(port, port.rings),
          ]),
        ]),
    modules.size === 0
      ? []
      : columns([
          ['module', 'signature', 'file'],
          ...[...modules.values()].map(({ name, file, signer }) => [
            name,
            file === null ? '?' : (signer ?? 'none'),
            file ?? 'loaded from a file that is not known here',
          ]),
        ]),
    portsKnown
      ? []
      : ['Who uses which port is not known: that takes root, and debugfs in /sys/kernel/debug.'],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

/** `pkt-gen (42) tx 0-3 rx 0-3`, or what else holds the port. */
function usedBy(port: Pick<Port, 'users' | 'attached' | 'inNetmap'>, rings: Port['rings']): string {
  const names = port.users.map((user) => describeUser(user, rings));
  if (port.attached) names.push('a switch');
  return names.join(', ') || (port.inNetmap ? 'the kernel' : '-');
}

function describeUser({ pid, program, tx, rx, exclusive }: PortUser, rings: Port['rings']): string {
  const parts = [range('tx', tx, rings.tx), range('rx', rx, rings.rx)].filter((part) => part !== '');
  return [`${program} (${pid})`, ...parts, ...(exclusive ? ['exclusive'] : [])].join(' ');
}

/** Rings from `first` to before `end`; those from `count` on are host rings. */
function range(name: string, [first, end]: readonly [number, number], count: number): string {
  if (first >= end) return '';
  const hardware = Math.min(end, count);
  const words: string[] = [];
  if (first < hardware) words.push(first === hardware - 1 ? `${first}` : `${first}-${hardware - 1}`);
  if (end > count) words.push('host');
  return `${name} ${words.join('+')}`;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
