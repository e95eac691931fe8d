import path from 'node:path';
import { exitCodes, NetmapError, toProblem } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import { withLock } from '../../core/lock.js';
import { DownloadFailed, discardPart } from './part.js';
import {
  ARCHIVE_FOLDER,
  type Archive,
  archiveHere,
  cachedFile,
  expectedSum,
  type Store,
  unpackTree,
} from './store.js';
import { sha256Of } from './sums.js';
import { archiveFormat } from './unpack.js';
import type { Vendor } from './vendors.js';

/** How archives are fetched. */
export interface Fetching {
  readonly store: Store;
  /** Base addresses that are tried before the vendor's own place; archives lie below them as below ext-drivers. */
  readonly mirrors: readonly string[];
  /** Use only what is on this machine. */
  readonly offline: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly progress?: (line: string) => void;
  /** Folder that a user is told to put an archive into. */
  readonly userFolder: string;
  /** Tests shorten them. */
  readonly limit?: number;
  readonly patienceMs?: number;
}

/** Larger than any vendor's archive, bytes. */
const USUAL_LIMIT = 1024 ** 3;
const PATIENCE_MS = 60_000;
/** Tries at one place, while it makes progress worth continuing. */
const TRIES = 4;

/** The addresses of an archive, in the order they are tried. */
export function addressesOf(vendor: Vendor, version: string, mirrors: readonly string[]): string[] {
  const below = vendor.archive(version).split('/').map(encodeURIComponent).join('/');
  return [...mirrors.map((base) => `${base.replace(/\/+$/, '')}/${below}`), vendor.origin(version)];
}

/** Where a user may put the archive by hand. */
export function userPlace(
  vendor: Vendor,
  version: string,
  { userFolder }: Pick<Fetching, 'userFolder'>,
): string {
  return path.join(userFolder, vendor.archive(version));
}

/**
 * The archive of a driver's version: the user's own, the cached one, or a fetched one. A fetched archive gets its place
 * only after its checksum was compared and it was unpacked; until then it is a part file that a second run continues.
 *
 * @throws NetmapError `fetch-failed` (exit 4) with what every address answered, `checksum-mismatch`, `archive-refused`
 *   for files of the user's, `interrupted`
 */
export async function obtainArchive(vendor: Vendor, version: string, fetching: Fetching): Promise<Archive> {
  const { store, offline, signal } = fetching;
  const here = await archiveHere(vendor, version, store);
  if (here !== undefined) return here;
  if (offline)
    throw failed(vendor, version, ['it is not on this machine, and --offline forbids to fetch it'], fetching);
  const file = cachedFile(vendor, version, store);
  await store.files.makeDirectory(path.dirname(file));
  return withLock(
    `${file}.lock`,
    async () => (await archiveHere(vendor, version, store)) ?? fetchFromAny(vendor, version, file, fetching),
    signal,
  );
}

async function fetchFromAny(
  vendor: Vendor,
  version: string,
  file: string,
  fetching: Fetching,
): Promise<Archive> {
  const expected = await expectedSum(vendor, version, fetching.store);
  const reasons: string[] = [];
  for (const url of addressesOf(vendor, version, fetching.mirrors)) {
    if (url.startsWith('http:') && expected === undefined) {
      reasons.push(`${url}: plain http is only used when the checksum is known (SHA256SUMS)`);
      continue;
    }
    // What an earlier run left may be wrong without the server noticing: then once more, from the start.
    const tries = (await fetching.store.files.exists(`${file}.part`)) ? 2 : 1;
    for (let left = tries; left > 0; left--) {
      fetching.progress?.(url);
      try {
        return await fetchFrom(url, vendor, version, { file, expected }, fetching);
      } catch (error) {
        const reason = reasonOf(error);
        if (reason === undefined) throw error;
        if (left === 1) reasons.push(`${url}: ${reason}`);
      }
    }
  }
  throw failed(vendor, version, reasons, fetching);
}

/** What is wrong with one address; undefined for what concerns all of them. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof DownloadFailed) return error.message;
  if (error instanceof NetmapError && error.code === 'archive-refused') return toProblem(error).why;
  return undefined;
}

async function fetchFrom(
  url: string,
  vendor: Vendor,
  version: string,
  { file, expected }: { file: string; expected: { sha256: string; said: string } | undefined },
  { store, env, signal, progress, limit = USUAL_LIMIT, patienceMs = PATIENCE_MS }: Fetching,
): Promise<Archive> {
  // Loaded only when something is fetched: the HTTP client costs more than a configure run without it.
  const { download } = await import('./download.js');
  const { files } = store;
  const part = `${file}.part`;
  const request = {
    url,
    part,
    files,
    env,
    limit,
    patienceMs,
    ...(signal && { signal }),
    ...(progress && { progress }),
  };
  for (let tries = 1; ; tries++) {
    try {
      await download(request);
      break;
    } catch (error) {
      if (error instanceof DownloadFailed && !error.worthRetrying) await discardPart(part, files);
      if (!(error instanceof DownloadFailed) || !error.worthRetrying || tries === TRIES) throw error;
      progress?.(`${error.message}; trying again`);
    }
  }
  try {
    await checkBeginning(vendor, part, files);
    const sha256 = await sha256Of(part, files);
    if (expected !== undefined && expected.sha256 !== sha256) {
      throw new DownloadFailed(`the SHA-256 is ${sha256}, and ${expected.said} says ${expected.sha256}`);
    }
    const tree = await unpackTree(vendor, version, { file: part, sha256 }, store);
    await files.write(`${file}.sha256`, `${sha256}\n`);
    await files.rename(part, file);
    await discardPart(part, files);
    return { file, sha256, from: 'network', ...(expected && { checkedBy: expected.said }), tree };
  } catch (error) {
    // The bytes are wrong, and continuing them would not help; an interrupted run may still want them.
    if (reasonOf(error) !== undefined) await discardPart(part, files);
    throw error;
  }
}

/** An answer of status 200 may be the page of a proxy that wants a password. */
async function checkBeginning(vendor: Vendor, file: string, files: Files): Promise<void> {
  if (vendor.kind !== 'file' && (await archiveFormat(file, files)) !== undefined) return;
  const text = (await files.readPart(file, 0, 40)).toString('latin1');
  if (vendor.kind === 'file' && /^\s*(\/[/*]|#)/.test(text)) return;
  throw new DownloadFailed(`what came is not the archive; it begins with ${JSON.stringify(text)}`);
}

function failed(
  vendor: Vendor,
  version: string,
  reasons: readonly string[],
  fetching: Fetching,
): NetmapError {
  return new NetmapError({
    code: 'fetch-failed',
    what: `there is no archive of ${vendor.driver} ${version}`,
    why: reasons.join('\n'),
    mend: `download ${vendor.origin(version)} by hand to ${userPlace(vendor, version, fetching)}, or name a mirror that has it: --mirrors=URL`,
    exitCode: exitCodes.fetchFailed,
  });
}

/** The folders that archives of the user's are looked for in. */
export function archiveFolders(named: string | undefined, buildDir: string, packageRoot: string): string[] {
  const own = path.join(buildDir, ARCHIVE_FOLDER);
  return [
    ...(named === undefined ? [] : [path.resolve(buildDir, named)]),
    own,
    path.join(packageRoot, ARCHIVE_FOLDER),
  ];
}
