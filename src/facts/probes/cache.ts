import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import type { Files } from '../../core/files.js';

/** What one probe run yields, as text; answers are read out of it anew every time. */
export interface ProbeOutput {
  /** Compiler messages about probes.c. */
  readonly answers: string;
  /** Names of warnings that the compiler knows, one a line. */
  readonly warnings: string;
}

const entrySchema = z.strictObject({
  answers: z.string(),
  warnings: z.string(),
  compiler: z.string(),
  files: z.array(z.string()),
  fingerprint: z.string(),
});

/**
 * Probe runs that were made before. An entry is found by what was asked (kernel directory, options, text of
 * the questions) and holds only while nothing that the answers came from has changed: every header that the
 * compiler read, the kernel's configuration, its build tools, and the compiler itself.
 */
export class ProbeCache {
  readonly #directory: string;
  readonly #files: Files;

  constructor(directory: string, files: Files) {
    this.#directory = directory;
    this.#files = files;
  }

  private fileOf(question: readonly string[]): string {
    const key = createHash('sha256').update(JSON.stringify(question)).digest('hex').slice(0, 32);
    return path.join(this.#directory, 'probes', `${key}.json`);
  }

  async find(question: readonly string[]): Promise<ProbeOutput | undefined> {
    const text = await this.#files.read(this.fileOf(question)).catch(() => undefined);
    const entry = text === undefined ? undefined : parseEntry(text);
    if (entry === undefined) return undefined;
    const sources = [...entry.files, ...(await compilerFiles(entry.compiler, this.#files))];
    const now = await fingerprint(sources, this.#files);
    return now === entry.fingerprint ? { answers: entry.answers, warnings: entry.warnings } : undefined;
  }

  /** A cache that cannot be written costs time, not the run. Resolves to why it could not, or nothing. */
  async keep(
    question: readonly string[],
    output: ProbeOutput,
    compiler: string,
    files: readonly string[],
  ): Promise<string | undefined> {
    const sources = [...files, ...(await compilerFiles(compiler, this.#files))];
    const print = await fingerprint(sources, this.#files);
    if (print === undefined) return 'some of the kernel headers vanished meanwhile';
    const entry = { ...output, compiler, files: [...files], fingerprint: print };
    try {
      await this.#files.write(this.fileOf(question), JSON.stringify(entry));
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }
}

function parseEntry(text: string): z.infer<typeof entrySchema> | undefined {
  try {
    return entrySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Hash of path, size and time of every file; undefined when one is missing. */
async function fingerprint(sources: readonly string[], files: Files): Promise<string | undefined> {
  const states = await Promise.all(
    sources.map(async (file) => {
      const found = await files.stat(file).catch(() => undefined);
      return found === undefined ? undefined : `${file}\0${found.size}\0${found.mtimeMs}`;
    }),
  );
  if (states.includes(undefined)) return undefined;
  return createHash('sha256').update(states.join('\n')).digest('hex');
}

/** The files behind a compiler command such as `ccache x86_64-linux-gnu-gcc-12`, found through PATH. */
async function compilerFiles(command: string, files: Files): Promise<string[]> {
  const found: string[] = [];
  for (const word of command.split(/\s+/).filter((part) => part !== '' && !part.startsWith('-'))) {
    for (const directory of (process.env.PATH ?? '').split(':')) {
      const file = word.includes('/') ? word : path.join(directory, word);
      if (!(await files.allows(file, 'run'))) continue;
      found.push(await files.realpath(file));
      break;
    }
  }
  return found;
}

/** The prerequisites in a dependency file of the compiler. Relative ones are relative to `base`. */
export function parseDependencies(text: string, base: string): string[] {
  const words = text
    .replaceAll('\\\n', ' ')
    .replace(/^[^:]*:/, '')
    .split(/\s+/);
  return words.filter((word) => word !== '').map((word) => path.resolve(base, word));
}
