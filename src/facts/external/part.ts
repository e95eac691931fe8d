import { z } from 'zod';
import type { Files } from '../../core/files.js';

/** Why one place gave nothing. Not for the user alone: the next mirror is tried. */
export class DownloadFailed extends Error {
  /** A second try at the same place may give the rest. */
  readonly worthRetrying: boolean;

  constructor(message: string, worthRetrying = false) {
    super(message);
    this.worthRetrying = worthRetrying;
  }
}

/** What is known about the bytes in a part file; they are only continued while the server vouches for the same file. */
const markSchema = z.object({ url: z.string(), validator: z.string() });
export type Mark = z.infer<typeof markSchema>;

export async function readMark(part: string, files: Files): Promise<Mark | undefined> {
  try {
    return markSchema.parse(JSON.parse((await files.read(`${part}.from`)) ?? ''));
  } catch {
    return undefined;
  }
}

/** Removes what an unfinished download left. */
export async function discardPart(part: string, files: Files): Promise<void> {
  await files.remove(part);
  await files.remove(`${part}.from`);
}

export async function writeMark(part: string, mark: Mark, files: Files): Promise<void> {
  await files.put(`${part}.from`, JSON.stringify(mark));
}
