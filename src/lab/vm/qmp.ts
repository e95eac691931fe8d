import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const messageSchema = z.looseObject({
  event: z.string().optional(),
  return: z.unknown().optional(),
  error: z.object({ desc: z.string() }).optional(),
});

type Message = z.infer<typeof messageSchema>;

const CONNECT_POLL_MS = 50;

/** A client of QEMU's machine protocol: one command at a time, events in between. */
export class Qmp {
  readonly #socket: Socket;
  #buffer = '';
  #answers: ((message: Message) => void)[] = [];
  #events = new Map<string, () => void>();
  #seen = new Set<string>();
  /** Resolves when QEMU closed the connection. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on('close', () => resolve());
    });
    socket.on('error', () => undefined);
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => this.#receive(chunk));
  }

  /** Connects as soon as QEMU has made its socket; `undefined` once `ended()` says that it never will. */
  static async connect(file: string, ended: () => boolean): Promise<Qmp | undefined> {
    while (!ended()) {
      const socket = await new Promise<Socket | undefined>((resolve) => {
        const attempt = createConnection(file, () => resolve(attempt));
        attempt.once('error', () => resolve(undefined));
      });
      if (socket !== undefined) {
        const qmp = new Qmp(socket);
        await qmp.execute('qmp_capabilities');
        return qmp;
      }
      await sleep(CONNECT_POLL_MS);
    }
    return undefined;
  }

  /** The command's return value; `undefined` when QEMU refused it or went away. */
  async execute(command: string, args: Record<string, unknown> = {}): Promise<unknown> {
    const answer = new Promise<Message | undefined>((resolve) => {
      this.#answers.push(resolve);
      void this.closed.then(() => resolve(undefined));
    });
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    return (await answer)?.return;
  }

  /** Resolves when the event has happened, before or after this call, or when QEMU has gone. */
  async event(name: string): Promise<void> {
    if (this.#seen.has(name)) return;
    await Promise.race([new Promise<void>((resolve) => this.#events.set(name, resolve)), this.closed]);
  }

  #receive(chunk: string): void {
    this.#buffer += chunk;
    const lines = this.#buffer.split('\n');
    this.#buffer = lines.pop() ?? '';
    for (const line of lines) {
      const message = messageSchema.parse(JSON.parse(line));
      if (message.event !== undefined) {
        this.#seen.add(message.event);
        this.#events.get(message.event)?.();
      } else if ('return' in message || message.error !== undefined) {
        this.#answers.shift()?.(message);
      }
    }
  }
}
