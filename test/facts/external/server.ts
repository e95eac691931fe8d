import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface Served {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  /** `METHOD /path range` of every request, in order. */
  readonly asked: string[];
}

/**
 * A server on the loopback interface, for one test. Paths that are not in the table are answered with 404.
 * @param tls key and certificate in PEM, for https
 */
export async function serve(
  t: TestContext,
  answers: Readonly<Record<string, Answer>>,
  tls?: { readonly key: string; readonly cert: string },
): Promise<Served> {
  const asked: string[] = [];
  const take: Answer = (request, response) => {
    asked.push([request.method, request.url, request.headers.range].filter(Boolean).join(' '));
    const answer = answers[request.url ?? ''];
    if (answer !== undefined) answer(request, response);
    else response.writeHead(404).end('not here');
  };
  const server = tls === undefined ? createServer(take) : createSecureServer(tls, take);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http${tls === undefined ? '' : 's'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
  };
}

export const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** Serves a file as good servers do: with its length, an ETag, and parts of it. */
export function file(data: Buffer, etag = `"${sha256(data)}"`): Answer {
  return (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
    const same = request.headers['if-range'] === etag;
    if (!Number.isNaN(start) && same && start >= data.length) {
      response.writeHead(416, { 'content-range': `bytes */${data.length}` }).end();
    } else if (!Number.isNaN(start) && same) {
      const rest = data.subarray(start);
      const range = `bytes ${start}-${data.length - 1}/${data.length}`;
      response.writeHead(206, { 'content-length': rest.length, 'content-range': range, etag }).end(rest);
    } else {
      response.writeHead(200, { 'content-length': data.length, etag }).end(data);
    }
  };
}

/** Sends a part of the file under its full length, then breaks the connection; later requests are served well. */
export function breaksOnce(data: Buffer, after: number, times = 1): Answer {
  let left = times;
  const good = file(data);
  return (request, response) => {
    if (left-- <= 0) return good(request, response);
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const etag = `"${sha256(data)}"`;
    const range = { 'content-range': `bytes ${start}-${data.length - 1}/${data.length}` };
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': data.length - start,
      etag,
      ...(start > 0 ? range : {}),
    });
    response.write(data.subarray(start, start + after), () => request.socket.destroy());
  };
}
