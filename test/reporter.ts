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

interface Finished {
  readonly name: string;
  readonly nesting: number;
  readonly file?: string;
  readonly skip?: string | boolean;
  readonly details: { readonly duration_ms: number; readonly type?: string; readonly error?: Error };
}

type Events = NodeJS.ReadableStream & { on(event: string, listener: (data: never) => void): unknown };

/**
 * Prints one line a test as it ends, and the error below it if it fails. Resolves to the counts, and to how many
 * tests failed in which file: the key is undefined where the runner does not tell.
 */
export async function follow(
  stream: unknown,
  root: string,
): Promise<{ tally: Tally; failures: Map<string | undefined, number> }> {
  const events = stream as Events;
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  const failures = new Map<string | undefined, number>();
  events.on('test:pass', (data: Finished) => {
    if (data.details.type === 'suite') return;
    if (data.skip !== undefined && data.skip !== false) {
      tally.skipped++;
      line('skip', data, typeof data.skip === 'string' ? ` # ${data.skip}` : '');
      return;
    }
    tally.passed++;
    line('ok  ', data, '');
  });
  events.on('test:fail', (data: Finished) => {
    if (data.details.type === 'suite' && !isOwnFailure(data)) return;
    tally.failed++;
    failures.set(data.file, (failures.get(data.file) ?? 0) + 1);
    line('FAIL', data, data.file === undefined ? '' : ` # ${data.file.replace(`${root}/`, '')}`);
    console.log(describe(data.details.error).replace(/^/gm, '     '));
  });
  events.on('test:stderr', (data: { message: string }) => process.stderr.write(data.message));
  await new Promise<void>((resolve, reject) => {
    events.on('end', () => resolve());
    events.on('error', (error: Error) => reject(error));
    (events as NodeJS.ReadableStream).resume();
  });
  return { tally, failures };
}

/** A suite fails by itself when one of its hooks throws; else it only repeats a failure of its tests. */
function isOwnFailure(data: Finished): boolean {
  const error = data.details.error as { failureType?: string } | undefined;
  return error?.failureType !== 'subtestsFailed';
}

function line(verdict: string, data: Finished, rest: string): void {
  const seconds =
    data.details.duration_ms >= 1000 ? ` (${(data.details.duration_ms / 1000).toFixed(1)} s)` : '';
  console.log(`${verdict} ${'  '.repeat(data.nesting)}${data.name}${seconds}${rest}`);
}

function describe(error: Error | undefined): string {
  const cause = (error?.cause ?? error) as (Error & { problem?: unknown }) | undefined;
  if (cause === undefined) return 'failed';
  const problem = cause.problem === undefined ? '' : `\n${JSON.stringify(cause.problem, null, 2)}`;
  return `${cause.stack ?? cause.message ?? String(cause)}${problem}`;
}
