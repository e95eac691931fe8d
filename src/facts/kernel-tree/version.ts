/** A kernel version as the tool compares and prints it. */
export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
  /** Not clamped: 262 for 5.10.262, whose version code says 255. */
  readonly patch: number;
  /** LINUX_VERSION_CODE: major << 16 | minor << 8 | min(patch, 255). */
  readonly code: number;
  /** The code as patch names write it, `%03x%02x`: `60c5f` for 6.12.95. */
  readonly hex: string;
  /** `6.12.95`; a patch level of 0 is left out, as in `6.11`. */
  readonly dotted: string;
}

export function kernelVersion(major: number, minor: number, patch: number): KernelVersion {
  const code = (major << 16) | (minor << 8) | Math.min(patch, 255);
  return { major, minor, patch, code, hex: hexOf(code), dotted: dottedOf(major, minor, patch) };
}

function hexOf(code: number): string {
  const upper = Math.floor(code / 256);
  return upper.toString(16).padStart(3, '0') + (code % 256).toString(16).padStart(2, '0');
}

function dottedOf(major: number, minor: number, patch: number): string {
  return patch === 0 ? `${major}.${minor}` : `${major}.${minor}.${patch}`;
}

/** `60c5f` -> 6.12.95, `99999` -> Infinity (the open end of a range); undefined for anything else. */
export function codeFromHex(hex: string): number | undefined {
  if (!/^[0-9a-f]{5,6}$/.test(hex)) return undefined;
  if (hex === '99999') return Number.POSITIVE_INFINITY;
  return Number.parseInt(hex, 16);
}

/** The dotted form of a version code, for messages. */
export function dottedFromCode(code: number): string {
  if (!Number.isFinite(code)) return 'any newer';
  return dottedOf(code >> 16, (code >> 8) & 255, code & 255);
}

/** Reads the generated `linux/version.h`; its SUBLEVEL define is exact where the code is clamped to 255. */
export function parseVersionHeader(text: string): KernelVersion | undefined {
  const code = Number(/^#define\s+LINUX_VERSION_CODE\s+(\d+)/m.exec(text)?.[1]);
  if (!Number.isInteger(code)) return undefined;
  const exact = Number(/^#define\s+LINUX_VERSION_SUBLEVEL\s+(\d+)/m.exec(text)?.[1]);
  return kernelVersion(code >> 16, (code >> 8) & 255, Number.isInteger(exact) ? exact : code & 255);
}

/** Reads VERSION, PATCHLEVEL and SUBLEVEL of a kernel's top Makefile. */
export function parseMakefileVersion(text: string): KernelVersion | undefined {
  const numberOf = (name: string) => Number(new RegExp(`^${name}\\s*=\\s*(\\d+)\\s*$`, 'm').exec(text)?.[1]);
  const [major, minor, patch] = [numberOf('VERSION'), numberOf('PATCHLEVEL'), numberOf('SUBLEVEL')] as const;
  return [major, minor, patch].every(Number.isInteger) ? kernelVersion(major, minor, patch) : undefined;
}

/** Same release? A clamped patch level equals every level from 255 up, since nothing better is known. */
export function sameRelease(a: KernelVersion, b: KernelVersion): boolean {
  return a.code === b.code && (a.patch === b.patch || a.patch === 255 || b.patch === 255);
}
