import path from 'node:path';
import type { Files } from '../../core/files.js';
import { checkFit, describeRejected, type Fit, patchedFiles } from './fit.js';
import { describeRange, orderCandidates, type PatchName } from './name.js';

/** A candidate and what came of trying it. */
export interface Tried {
  readonly file: string;
  readonly range: string;
  /** The version is within the range of the name. */
  readonly inRange: boolean;
  readonly fit: Fit;
}

export interface Choice {
  /** File name below the patches directory; absent when none fits. */
  readonly patch?: string;
  readonly tried: readonly Tried[];
  /** Where the patch is, when not among the stored ones. */
  readonly directory?: string;
}

export interface ChoiceRequest {
  /** Directory with the patches. */
  readonly directory: string;
  readonly driver: string;
  /** Version code of the kernel. */
  readonly code: number;
  /** Directory that holds the pristine driver: paths of the patch start below it. */
  readonly above: string;
}

/** Tries a driver's patches on its pristine sources, best guess first, and takes the first that fits. */
export async function choosePatch(request: ChoiceRequest, files: Files): Promise<Choice> {
  const names = orderCandidates(await files.list(request.directory), request.driver, request.code);
  const tried: Tried[] = [];
  for (const name of names) {
    const text = (await files.read(path.join(request.directory, name.file))) ?? '';
    const fit = checkFit(text, await pristine(text, (name) => path.join(request.above, name), files));
    tried.push({ file: name.file, range: describeRange(name), inRange: contains(name, request.code), fit });
    if (fit.fits) return { patch: name.file, tried };
  }
  return { tried };
}

function contains(name: PatchName, code: number): boolean {
  return name.from <= code && code < name.to;
}

/** Reads the files that a patch changes, for checkFit; `placeOf` says where a path of the patch is. */
export async function pristine(
  text: string,
  placeOf: (file: string) => string,
  files: Pick<Files, 'read'>,
): Promise<(file: string) => string | undefined> {
  const contents = new Map<string, string | undefined>();
  let wanted: string[] = [];
  try {
    wanted = patchedFiles(text);
  } catch {
    // Not a diff at all: checkFit says so.
  }
  // checkFit refuses other names; they are not even read.
  const inside = (file: string) => file !== '' && !file.split('/').includes('..');
  for (const file of wanted.filter(inside)) contents.set(file, await files.read(placeOf(file)));
  return (file) => contents.get(file);
}

/** Why no patch was chosen: the best candidate's first rejected hunk. */
export function explainChoice(choice: Choice): string {
  const best = choice.tried[0];
  if (best === undefined) return 'there is no netmap patch for this driver';
  if (best.fit.fits) return `${best.file} fits`;
  const rest = choice.tried.length > 1 ? ` (and ${choice.tried.length - 1} more do not fit either)` : '';
  return `${best.file} does not fit: ${describeRejected(best.fit.rejected)}${rest}`;
}
