export interface KtapTest {
  readonly name: string;
  readonly result: 'ok' | 'not ok' | 'skip';
  /** Why it was skipped. */
  readonly reason?: string;
}

export interface KtapReport {
  readonly tests: readonly KtapTest[];
  /** `# key=value` lines. */
  readonly data: Readonly<Record<string, string>>;
}

export type KtapOutcome =
  | { readonly complete: true; readonly report: KtapReport }
  | { readonly complete: false; readonly why: string };

/**
 * Parses a KTAP 1 document (Documentation/dev-tools/ktap.rst), flat, as lab/guest/init writes it: version, plan,
 * results numbered from 1, diagnostics, and a last line `# end`. Anything less than that is not a verdict:
 * a guest that dies while writing must never pass.
 */
export function parseKtap(text: string): KtapOutcome {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const start = lines.indexOf('KTAP version 1');
  if (start === -1) return { complete: false, why: 'no verdict was written' };
  let planned: number | undefined;
  let ended = false;
  const tests: KtapTest[] = [];
  const data: Record<string, string> = {};
  for (const line of lines.slice(start + 1)) {
    const plan = /^1\.\.(\d+)$/.exec(line);
    const result = /^(ok|not ok) (\d+) (?:- )?(.*?)(?: # SKIP ?(.*))?$/.exec(line);
    const pair = /^# ([\w.-]+)=(.*)$/.exec(line);
    if (plan) planned = Number(plan[1]);
    else if (line === '# end') ended = true;
    else if (pair) data[pair[1] ?? ''] = pair[2] ?? '';
    else if (result) {
      if (Number(result[2]) !== tests.length + 1) {
        return { complete: false, why: `result ${result[2]} follows result ${tests.length}` };
      }
      const name = result[3] ?? '';
      if (result[4] !== undefined) tests.push({ name, result: 'skip', reason: result[4] });
      else tests.push({ name, result: result[1] as 'ok' | 'not ok' });
    }
  }
  if (!ended) return { complete: false, why: `the verdict breaks off after ${tests.length} results` };
  if (planned !== tests.length) {
    return { complete: false, why: `${planned ?? 'no'} results were planned, ${tests.length} came` };
  }
  return { complete: true, report: { tests, data } };
}
