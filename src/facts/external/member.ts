import type { Readable } from 'node:stream';

/** One entry of an archive, as the archive describes it; nothing about it is trusted. */
export interface Member {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';
  /** What an entry of type `other` is, for the message. */
  readonly kind?: string;
  /** Bytes of content, as declared. */
  readonly size: number;
  readonly executable: boolean;
  /** Of links. */
  readonly target?: string;
  /** Content of a file, read once. */
  content(): AsyncIterable<Uint8Array> | Readable;
}

/** Called for every member in the order of the archive; may skip the content. */
export type Visit = (member: Member) => Promise<void>;

/** What unpacking accepts. */
export interface Limits {
  readonly members: number;
  /** Bytes of all files together. */
  readonly bytes: number;
}

/** Ten times what the largest vendor archive (mlx5) holds. */
export const usualLimits: Limits = { members: 200_000, bytes: 2 * 1024 ** 3 };

// Names that a shell, make and kbuild take as they are. Vendor archives have no others.
const PLAIN = /^[A-Za-z0-9_.,+@%=~() -]+$/;

/**
 * Why a member must not be unpacked; undefined when it may be. The path that counts is relative to the folder that is
 * unpacked into.
 */
export function refusal(member: Member): string | undefined {
  const { path, type, target } = member;
  const shown = JSON.stringify(path.length > 80 ? `${path.slice(0, 77)}...` : path);
  if (path.startsWith('/')) return `${shown} is an absolute path`;
  const parts = path.replace(/\/$/, '').split('/');
  if (parts.includes('..')) return `${shown} leads out of the folder`;
  if (parts.some((part) => part === '' || part === '.' || part.length > 200) || path.length > 1000) {
    return `${shown} is not a plain path`;
  }
  const strange = parts.find((part) => !PLAIN.test(part) || part.startsWith('-') || part !== part.trim());
  if (strange !== undefined) return `${shown} has characters that a shell or make would interpret`;
  if (type === 'other') return `${shown} is ${member.kind ?? 'neither a file nor a folder'}`;
  if (type === 'symlink') return linkRefusal(shown, parts.length - 1, target ?? '');
  return undefined;
}

/** Only `../` at the start, never above the top, then plain names: so no chain of links can lead out. */
function linkRefusal(shown: string, depth: number, target: string): string | undefined {
  const parts = target.replace(/\/$/, '').split('/');
  const ups = parts.findIndex((part) => part !== '..');
  const rest = ups === -1 ? [] : parts.slice(ups);
  const climbs = ups === -1 ? parts.length : ups;
  const plain = rest.every((part) => PLAIN.test(part) && part !== '..' && part !== '.');
  if (target.startsWith('/') || climbs > depth || (!plain && target !== '.')) {
    return `${shown} is a link that leads out, to ${JSON.stringify(target.slice(0, 80))}`;
  }
  return undefined;
}
