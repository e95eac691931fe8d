import { parsePatch, type StructuredPatch, type StructuredPatchHunk } from 'diff';

/** Whether a patch applies to a source exactly: every context line equal, every hunk in one place only. */
export type Fit =
  | { readonly fits: true /** Largest displacement of a hunk, in lines. */; readonly offset: number }
  | { readonly fits: false; readonly rejected: Rejected };

/** The first hunk that does not apply, in words for the user. */
export interface Rejected {
  readonly file: string;
  /** 1-based among the hunks of that file; 0 when the file itself is the problem. */
  readonly hunk: number;
  /** The `@@` line of the hunk, or nothing. */
  readonly header: string;
  readonly why: string;
}

/** Paths of a patch, as they are below the directory that holds the driver (`-p1`). */
export function patchedFiles(patchText: string): string[] {
  return parsePatch(patchText).map((part) => targetOf(part));
}

function targetOf(part: StructuredPatch): string {
  const named = part.oldFileName === '/dev/null' ? part.newFileName : part.oldFileName;
  return (named ?? '').split('/').slice(1).join('/');
}

/**
 * Applies a unified diff to pristine files in memory, with no fuzz at all.
 *
 * `read` gives the content of a path of the patch (`realtek/r8169_main.c`), or undefined when there is no
 * such file. A hunk may have moved, but then it must match in exactly one place: GNU patch would take the
 * nearest match silently, which puts hooks into wrong functions.
 */
export function checkFit(patchText: string, read: (file: string) => string | undefined): Fit {
  let parts: StructuredPatch[];
  try {
    parts = parsePatch(patchText);
  } catch (error) {
    return refuse('', 0, '', `it is not a unified diff: ${(error as Error).message}`);
  }
  if (parts.length === 0) return refuse('', 0, '', 'it is empty');
  let offset = 0;
  for (const part of parts) {
    const result = checkFile(part, read);
    if (!result.fits) return result;
    offset = Math.max(offset, result.offset);
  }
  return { fits: true, offset };
}

function checkFile(part: StructuredPatch, read: (file: string) => string | undefined): Fit {
  const file = targetOf(part);
  const unsafe = file === '' || file.split('/').includes('..') || file.startsWith('/');
  if (unsafe) return refuse(file, 0, '', 'its file name leads out of the driver folder');
  const source = read(file);
  if (part.oldFileName === '/dev/null') {
    return source === undefined
      ? { fits: true, offset: 0 }
      : refuse(file, 0, '', 'the file is already there');
  }
  if (source === undefined) return refuse(file, 0, '', 'there is no such file in this kernel');
  const lines = source.split('\n');
  let drift = 0;
  let floor = 0;
  let largest = 0;
  for (const [index, hunk] of part.hunks.entries()) {
    const before = oldLines(hunk);
    const declared = hunk.oldStart - 1;
    const places = matches(lines, before, floor);
    const place =
      drift === 0 && places.includes(declared) ? declared : places.length === 1 ? places[0] : undefined;
    if (place === undefined) return refuse(file, index + 1, headerOf(hunk), explain(lines, before, places));
    drift = place - declared;
    floor = place + before.length;
    largest = Math.max(largest, Math.abs(drift));
  }
  return { fits: true, offset: largest };
}

function oldLines(hunk: StructuredPatchHunk): string[] {
  return hunk.lines.filter((line) => line[0] === ' ' || line[0] === '-').map((line) => line.slice(1));
}

/** Every index of `lines`, not below `floor`, at which all of `wanted` stands. */
function matches(lines: readonly string[], wanted: readonly string[], floor: number): number[] {
  const found: number[] = [];
  for (let at = floor; at + wanted.length <= lines.length; at++) {
    if (wanted.every((line, index) => lines[at + index] === line)) found.push(at);
  }
  return found;
}

function explain(lines: readonly string[], wanted: readonly string[], places: readonly number[]): string {
  if (places.length > 1) {
    return `its context stands in ${places.length} places (lines ${places.map((at) => at + 1).join(', ')})`;
  }
  const known = new Set(lines);
  const gone = wanted.find((line) => line.trim() !== '' && !known.has(line));
  return gone === undefined
    ? 'all its lines are in the file, but no longer next to each other'
    : `this line is not in the file: ${gone.trim()}`;
}

function headerOf(hunk: StructuredPatchHunk): string {
  return `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`;
}

function refuse(file: string, hunk: number, header: string, why: string): Fit {
  return { fits: false, rejected: { file, hunk, header, why } };
}

/** One line: `realtek/r8169_main.c, hunk 3 (@@ ... @@): why`. */
export function describeRejected(rejected: Rejected): string {
  const place =
    rejected.hunk === 0 ? rejected.file : `${rejected.file}, hunk ${rejected.hunk} (${rejected.header})`;
  return place === '' ? rejected.why : `${place}: ${rejected.why}`;
}
