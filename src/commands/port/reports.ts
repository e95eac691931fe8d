import path from 'node:path';
import type { Tools } from '../../core/tools.js';
import type { Port } from '../../porting/prove/pipeline.js';
import { reportHtml } from './report-html.js';

/** Writes `<directory>/<driver>-<kernel>.json` and `.html` for every port. @returns the files */
export async function writeReports(
  ports: readonly Port[],
  directory: string,
  tools: Pick<Tools, 'files'>,
): Promise<string[]> {
  const written: string[] = [];
  for (const port of ports) {
    const base = path.resolve(directory, `${port.result.driver}-${port.result.kernel}`);
    await tools.files.write(`${base}.json`, `${JSON.stringify(port.result, null, 2)}\n`);
    await tools.files.write(`${base}.html`, reportHtml(port));
    written.push(`${base}.json`, `${base}.html`);
  }
  return written;
}
