import { pipeline } from 'node:stream/promises';
import { EnvHttpProxyAgent, fetch, type Response } from 'undici';
import { NetmapError } from '../../core/errors.js';
import type { Files } from '../../core/files.js';
import { DownloadFailed, discardPart, readMark, writeMark } from './part.js';

/** Where a download goes, and what bounds it. */
export interface Download {
  readonly url: string;
  /** Receives the bytes; what an earlier run left in it is continued. */
  readonly part: string;
  readonly files: Files;
  /** Proxies: http_proxy, https_proxy, no_proxy, in either case. */
  readonly env: NodeJS.ProcessEnv;
  /** Most bytes that are taken. */
  readonly limit: number;
  /** Longest silence of a server, milliseconds. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal;
  readonly progress?: (line: string) => void;
}

const MOST_REDIRECTS = 5;
/** Errors of this machine's disk: another mirror would not help. */
const DISK = new Set(['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EIO', 'ENOENT', 'EISDIR']);

/**
 * Downloads into `part`, continuing what is there when the server still has the same file (If-Range with its ETag or
 * modification time). On return `part` is complete as far as the server told.
 *
 * @throws DownloadFailed, NetmapError `interrupted`; what was received stays in `part` for the next try
 */
export async function download(request: Download): Promise<void> {
  const { env, patienceMs, signal } = request;
  const agent = new EnvHttpProxyAgent({
    httpProxy: env.http_proxy ?? env.HTTP_PROXY ?? '',
    httpsProxy: env.https_proxy ?? env.HTTPS_PROXY ?? '',
    noProxy: env.no_proxy ?? env.NO_PROXY ?? '',
    // A plain http address is asked of the proxy itself: many refuse tunnels to other ports than that of https.
    proxyTunnel: false,
    headersTimeout: patienceMs,
    bodyTimeout: patienceMs,
    connect: { timeout: Math.min(patienceMs, 15_000) },
  });
  try {
    await transfer(request, agent);
  } catch (error) {
    if (signal?.aborted) throw new NetmapError({ code: 'interrupted', what: 'interrupted', exitCode: 130 });
    if (error instanceof DownloadFailed) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (DISK.has(code ?? '')) {
      throw new NetmapError({
        code: 'file-system',
        what: `cannot write ${request.part}`,
        why: code ?? '',
        mend: 'free some space or mend the permissions, and run again: it goes on where it stopped',
      });
    }
    throw new DownloadFailed(innermost(error), true);
  } finally {
    await agent.destroy();
  }
}

async function transfer(request: Download, agent: EnvHttpProxyAgent): Promise<void> {
  const { url, part, files, limit } = request;
  const mark = await readMark(part, files);
  const there = await files.stat(part).catch(() => undefined);
  const offset = mark?.url === url && there !== undefined ? there.size : 0;
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (offset > 0) {
    headers.range = `bytes=${offset}-`;
    headers['if-range'] = mark?.validator ?? '';
  }
  const response = await follow(request, agent, headers);
  const continued = response.status === 206 && startOf(response) === offset && offset > 0;
  if (response.status === 416 || (response.status === 206 && !continued)) {
    await response.body?.cancel();
    await discardPart(part, files);
    throw new DownloadFailed('the server has another file than before', true);
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new DownloadFailed(`the server answers ${response.status} ${response.statusText}`.trim());
  }
  const start = continued ? offset : 0;
  if (!continued) await discardPart(part, files);
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  if (start + length > limit) throw new DownloadFailed(`${start + length} bytes are more than ${limit}`);
  const validator = strong(response.headers.get('etag')) ?? response.headers.get('last-modified');
  if (validator !== null) await writeMark(part, { url, validator }, files);
  await receive(response.body, start, start + length, request);
}

/** A weak validator does not promise equal bytes. */
function strong(etag: string | null): string | null {
  return etag?.startsWith('"') ? etag : null;
}

/** First byte of a partial answer. */
function startOf(response: Response): number {
  return Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1] ?? Number.NaN);
}

/** Follows redirects, but never from https back to http. */
async function follow(
  { url, signal }: Download,
  agent: EnvHttpProxyAgent,
  headers: Record<string, string>,
): Promise<Response> {
  let place = url;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const response = await fetch(place, {
      dispatcher: agent,
      headers,
      redirect: 'manual',
      ...(signal === undefined ? {} : { signal }),
    });
    const next = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
    if (next === null) return response;
    await response.body?.cancel();
    const target = new URL(next, place);
    const safe = target.protocol === 'https:' || (target.protocol === 'http:' && place.startsWith('http:'));
    if (!safe) throw new DownloadFailed(`it redirects to ${target.protocol}//, which is not followed`);
    place = target.href;
  }
  throw new DownloadFailed(`more than ${MOST_REDIRECTS} redirects`);
}

/** @param total bytes that the file will have; NaN when the server does not say */
async function receive(
  body: NonNullable<Response['body']>,
  start: number,
  total: number,
  { part, files, limit, progress }: Download,
): Promise<void> {
  let received = start;
  const report = reporter(total, progress);
  await pipeline(
    body,
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        received += chunk.length;
        if (received > limit) throw new DownloadFailed(`more than ${limit} bytes`);
        report(received);
        yield chunk;
      }
    },
    files.writeStream(part, start > 0 ? 'append' : 'replace'),
  );
  if (received < total) throw new DownloadFailed(`only ${received} of ${total} bytes came`, true);
}

/** At most one line for every twentieth of the file. */
function reporter(total: number, progress: Download['progress']): (received: number) => void {
  const step = Number.isNaN(total) ? 4 * 1024 ** 2 : Math.max(total / 20, 1);
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  let next = step;
  return (received) => {
    if (progress === undefined || received < next) return;
    next = received + step;
    progress(
      Number.isNaN(total) ? `${megabytes(received)} MB` : `${megabytes(received)} of ${megabytes(total)} MB`,
    );
  };
}

/** fetch says "fetch failed"; what failed is the cause. */
function innermost(error: unknown): string {
  let current = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  if (current instanceof AggregateError && current.errors[0] instanceof Error) current = current.errors[0];
  return current instanceof Error ? current.message : String(current);
}
