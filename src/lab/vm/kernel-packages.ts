/** Kernel series that the suite boots and builds for, and the suites that carry them. */
export const kernelSeries = {
  '5.10': ['bullseye', 'bullseye-security'],
  '6.1': ['bookworm', 'bookworm-security'],
  '6.12': ['bookworm-backports'],
  '7.2': ['trixie-backports', 'sid'],
  '7.3': ['trixie-backports', 'sid'],
} as const satisfies Record<string, readonly string[]>;

export type KernelSeries = keyof typeof kernelSeries;

/** Regular expression (apt's, extended) of the headers packages of a series: no -rt, no -cloud flavour. */
export function headersPattern(series: string): string {
  return `^linux-headers-${series.replace('.', '\\.')}\\.[0-9]+([.+~][a-z0-9.+~]*)?(-[0-9]+)?-amd64$`;
}

/** Numbers of a version compare as numbers, the rest as text: enough to order kernel package names. */
export function compareVersions(a: string, b: string): number {
  const parts = (text: string) => text.match(/\d+|\D+/g) ?? [];
  const left = parts(a);
  const right = parts(b);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const x = left[i] ?? '';
    const y = right[i] ?? '';
    if (x === y) continue;
    const numeric = /^\d/.test(x) && /^\d/.test(y);
    const order = numeric ? Number(x) - Number(y) : x < y ? -1 : 1;
    if (order !== 0) return order;
  }
  return 0;
}

/** Newest release (`6.12.95+deb12-amd64`) in the output of `apt-cache search --names-only`, if any. */
export function newestRelease(searchOutput: string): string | undefined {
  return searchOutput
    .split('\n')
    .map((line) => /^linux-headers-(\S+)/.exec(line)?.[1])
    .filter((release) => release !== undefined)
    .sort(compareVersions)
    .at(-1);
}

export interface PackageRecord {
  readonly name: string;
  readonly version: string;
  /** First alternative of every dependency, without version and architecture. */
  readonly depends: readonly string[];
}

/** Parses the first record that `apt-cache show` prints (apt prints the candidate first). */
export function parsePackageRecord(text: string): PackageRecord | undefined {
  const stanza = text.split(/\n\s*\n/)[0] ?? '';
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1];
  const name = field('Package');
  const version = field('Version');
  if (name === undefined || version === undefined) return undefined;
  const depends = (field('Depends') ?? '')
    .split(',')
    .map(
      (entry) =>
        entry
          .split('|')[0]
          ?.trim()
          .split(/[\s:(]/)[0] ?? '',
    )
    .filter((entry) => entry !== '');
  return { name, version, depends };
}

/**
 * Dependencies that belong to the kernel itself: split-off images, modules, common headers, kbuild tools. The
 * names differ between series (7.x has linux-binary-*, linux-modules-* and linux-base-*), hence a pattern.
 */
export function kernelParts(record: PackageRecord): string[] {
  return record.depends.filter((name) => /^linux-(headers|image|binary|modules|base|kbuild)-\d/.test(name));
}

/** linux-headers' Makefile names directories by absolute paths of the host: point them into `root`. */
export function mendHeadersMakefile(text: string, root: string): string {
  return text.replace(/(?<=^include |=)\/usr\/src\//gm, `${root}/usr/src/`);
}

/** The compiler that the kernel was built with, as named in `.kernelvariables`, e.g. `gcc-12`. */
export function kernelCompiler(text: string): string | undefined {
  return /^CC = .*?(gcc-\d+)\s*$/m.exec(text)?.[1];
}

/** Lets the headers use the host's default compiler where the kernel's own is not installed. */
export function mendKernelVariables(text: string): string {
  return text.replace(/^(CC = .*?)(?:\$\(CROSS_COMPILE\))?gcc-\d+\s*$/m, '$1gcc');
}
