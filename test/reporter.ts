import path from 'node:path';

/** Counts of tests. A crashed test file counts as one failure. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

export function add(total: Tally, part: Tally): void {
  total.passed += part.passed;
  total.failed += part.failed;
  total.skipped += part.skipped;
}

/** What came of one test file. */
export interface FileOutcome {
  failures: number;
  /** Time of its tests, in ms. */
  ms: number;
  /** What was printed of it. */
  output: string;
}

export interface Outcome {
  readonly tally: Tally;
  /** The key is undefined where the runner does not tell the file. */
  readonly files: ReadonlyMap<string | undefined, FileOutcome>;
}

interface Finished {
  readonly name: string;
  readonly nesting: number;
  readonly file?: string;
  readonly skip?: string | boolean;
  readonly details: { readonly duration_ms: number; readonly type?: string; readonly error?: Error };
}

type Events = NodeJS.ReadableStream & { on(event: string, listener: (data: never) => void): unknown };

/** Prints one line a test as it ends, and the error below it if it fails. Resolves to what came of the files. */
export async function follow(stream: unknown, root: string): Promise<Outcome> {
  const events = stream as Events;
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  const files = new Map<string | undefined, FileOutcome>();
  const of = (file: string | undefined): FileOutcome => {
    const outcome = files.get(file) ?? { failures: 0, ms: 0, output: '' };
    files.set(file, outcome);
    return outcome;
  };
  const print = (data: Finished, text: string): void => {
    console.log(text);
    of(data.file).output += `${text}\n`;
  };
  const count = (data: Finished): void => {
    if (data.nesting === 0) of(data.file).ms += data.details.duration_ms;
  };
  events.on('test:pass', (data: Finished) => {
    count(data);
    if (data.details.type === 'suite') return;
    // A file in which nothing is tested is reported as a test that passed.
    if (data.nesting === 0 && path.resolve(data.name) === data.file) {
      tally.failed++;
      of(data.file).failures++;
      print(data, `${line('FAIL', data, '')}\n     there is no test in it`);
      return;
    }
    if (data.skip !== undefined && data.skip !== false) {
      tally.skipped++;
      print(data, line('skip', data, typeof data.skip === 'string' ? ` # ${data.skip}` : ''));
      return;
    }
    tally.passed++;
    print(data, line('ok  ', data, ''));
  });
  events.on('test:fail', (data: Finished) => {
    count(data);
    if (data.details.type === 'suite' && !isOwnFailure(data)) return;
    tally.failed++;
    of(data.file).failures++;
    print(data, line('FAIL', data, data.file === undefined ? '' : ` # ${data.file.replace(`${root}/`, '')}`));
    print(data, describe(data.details.error).replace(/^/gm, '     '));
  });
  events.on('test:stderr', (data: { message: string; file?: string }) => {
    process.stderr.write(data.message);
    of(data.file).output += data.message;
  });
  await new Promise<void>((resolve, reject) => {
    events.on('end', () => resolve());
    events.on('error', (error: Error) => reject(error));
    (events as NodeJS.ReadableStream).resume();
  });
  return { tally, files };
}

/** A suite fails by itself when one of its hooks throws; else it only repeats a failure of its tests. */
function isOwnFailure(data: Finished): boolean {
  const error = data.details.error as { failureType?: string } | undefined;
  return error?.failureType !== 'subtestsFailed';
}

function line(verdict: string, data: Finished, rest: string): string {
  const seconds =
    data.details.duration_ms >= 1000 ? ` (${(data.details.duration_ms / 1000).toFixed(1)} s)` : '';
  return `${verdict} ${'  '.repeat(data.nesting)}${data.name}${seconds}${rest}`;
}

function describe(error: Error | undefined): string {
  const cause = (error?.cause ?? error) as (Error & { problem?: unknown }) | undefined;
  if (cause === undefined) return 'failed';
  const problem = cause.problem === undefined ? '' : `\n${JSON.stringify(cause.problem, null, 2)}`;
  return `${cause.stack ?? cause.message ?? String(cause)}${problem}`;
}
