import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { defined } from '../../core/defined.js';
import { exitCodes, NetmapError, toProblem } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import { type Limits, type Member, refusal, usualLimits, type Visit } from './member.js';

/** A reason to refuse an archive, as opposed to trouble with the disk. */
class Refused extends Error {}

/** How an archive is packed, told by its first bytes; undefined when it is no archive that is known. */
export async function archiveFormat(
  file: string,
  files: Pick<Files, 'readPart'>,
): Promise<'zip' | 'tar' | undefined> {
  const start = await files.readPart(file, 0, 512);
  if (start.length >= 4 && start.readUInt32LE(0) === 0x04034b50) return 'zip';
  if (start.length >= 2 && start.readUInt16BE(0) === 0x1f8b) return 'tar';
  return start.toString('latin1', 257, 262) === 'ustar' ? 'tar' : undefined;
}

/**
 * Unpacks an archive that is not trusted into a new folder. The program that looks at the members is the one that
 * writes them, so that no second reading of the archive can see something else. Nothing of it is executed, links are
 * made last, and members keep no owner and of their mode only whether they are executable.
 *
 * @param target must not exist, its parent must; it gets what is in the top folder that all members have in common. Only
 *   one process at a time may unpack into it.
 * @throws NetmapError `archive-refused` (exit 4); the folder is not there then
 */
export async function unpackArchive(
  archive: string,
  target: string,
  files: Files,
  signal?: AbortSignal,
  limits: Limits = usualLimits,
): Promise<void> {
  const temporary = `${target}.tmp`;
  await files.remove(temporary);
  await files.mkdir(temporary);
  try {
    const format = await archiveFormat(archive, files);
    if (format === undefined) throw new Refused('it is neither a zip nor a (gzipped) tar archive');
    const into = collector(temporary, files, limits, signal);
    if (format === 'zip') await (await import('./read-zip.js')).readZip(archive, into.visit);
    else await (await import('./read-tar.js')).readTar(archive, into.visit, files);
    await files.rename(await into.finish(), target);
  } catch (error) {
    throw explained(archive, error);
  } finally {
    await files.remove(temporary);
  }
}

/** Writes members below a folder; `finish` makes the links and says where the common top folder is. */
function collector(root: string, files: Files, limits: Limits, signal: AbortSignal | undefined) {
  const seen = new Map<string, Member['type']>();
  const links: Member[] = [];
  let bytes = 0;
  const visit: Visit = async (member) => {
    if (signal?.aborted) throw new NetmapError({ code: 'interrupted', what: 'interrupted', exitCode: 130 });
    const name = member.path.replace(/^(\.\/)+/, '').replace(/\/$/, '');
    // `./` is the folder itself, as tar writes it for `tar -C folder .`
    if ((name === '' || name === '.') && member.type === 'directory') return;
    const here = { ...member, path: name };
    const why = refusal(here) ?? conflict(here, seen);
    if (why !== undefined) throw new Refused(why);
    seen.set(name, member.type);
    for (let up = path.dirname(name); up !== '.'; up = path.dirname(up)) seen.set(up, 'directory');
    bytes += member.type === 'file' ? member.size : 0;
    if (seen.size > limits.members) throw new Refused(`it has more than ${limits.members} members`);
    if (bytes > limits.bytes) throw new Refused(`it would unpack to more than ${limits.bytes} bytes`);
    const place = path.join(root, name);
    if (member.type === 'directory') await files.mkdir(place, { parents: true });
    if (member.type === 'symlink' || member.type === 'hardlink') links.push(here);
    if (member.type === 'file') await writeMember(here, place, files);
  };
  const finish = async (): Promise<string> => {
    for (const link of links) await makeLink(link, root, seen, files);
    const tops = new Set([...seen.keys()].map((name) => defined(name.split('/')[0])));
    const [top] = tops;
    if (top === undefined) throw new Refused('it is empty');
    if (tops.size > 1 || !(await files.stat(path.join(root, top))).isDirectory()) {
      throw new Refused('its members are not in one top folder');
    }
    return path.join(root, top);
  };
  return { visit, finish };
}

/** The same name twice, or something below what is not a folder. */
function conflict(
  { path: name, type }: Member,
  seen: ReadonlyMap<string, Member['type']>,
): string | undefined {
  const before = seen.get(name);
  if (before !== undefined && !(before === 'directory' && type === 'directory')) {
    return `${JSON.stringify(name)} is in it twice`;
  }
  for (let above = path.dirname(name); above !== '.'; above = path.dirname(above)) {
    const kind = seen.get(above);
    if (kind !== undefined && kind !== 'directory') return `${JSON.stringify(name)} is below a ${kind}`;
  }
  return undefined;
}

async function writeMember(member: Member, place: string, files: Files): Promise<void> {
  await files.mkdir(path.dirname(place), { parents: true });
  const mode = member.executable ? 0o755 : 0o644;
  let written = 0;
  await pipeline(
    member.content(),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        written += chunk.length;
        if (written > member.size) throw new Refused(`${JSON.stringify(member.path)} is larger than it says`);
        yield chunk;
      }
    },
    files.writeStream(place, 'new', mode),
  );
  if (written !== member.size) throw new Refused(`${JSON.stringify(member.path)} is shorter than it says`);
}

async function makeLink(
  link: Member,
  root: string,
  seen: ReadonlyMap<string, Member['type']>,
  files: Files,
): Promise<void> {
  const place = path.join(root, link.path);
  const target = link.target ?? '';
  await files.mkdir(path.dirname(place), { parents: true });
  if (link.type === 'symlink') return files.link(target, place);
  const original = target.replace(/^(\.\/)+/, '');
  if (seen.get(original) !== 'file') {
    throw new Refused(`${JSON.stringify(link.path)} is a link that leads out, to ${JSON.stringify(target)}`);
  }
  await files.copy(path.join(root, original), place);
}

function explained(archive: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  // What the disk says is no fault of the archive; zlib's and tar's codes are.
  if (error instanceof NetmapError) return error;
  if (/^E[A-Z]+$/.test(code)) {
    return new NetmapError({
      code: 'file-system',
      what: `cannot unpack ${archive}`,
      why: toProblem(error).what,
    });
  }
  return new NetmapError(
    {
      code: 'archive-refused',
      what: `cannot use the archive ${archive}`,
      why: error instanceof Error ? error.message : String(error),
      mend: 'get it again from where you trust it; nothing of it was executed or kept unpacked',
      exitCode: exitCodes.fetchFailed,
    },
    { cause: error },
  );
}
