import { readFile, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';

/** Why one place gave nothing. Not for the user alone: the next mirror is tried. */
export class DownloadFailed extends Error {
  constructor(
    message: string,
    /** A second try at the same place may give the rest. */
    readonly worthRetrying = false,
  ) {
    super(message);
  }
}

/** What is known about the bytes in a part file; they are only continued while the server vouches for the same file. */
const markSchema = z.object({ url: z.string(), validator: z.string() });
export type Mark = z.infer<typeof markSchema>;

export async function readMark(part: string): Promise<Mark | undefined> {
  try {
    return markSchema.parse(JSON.parse(await readFile(`${part}.from`, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Removes what an unfinished download left. */
export async function discardPart(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(`${part}.from`, { force: true });
}

export async function writeMark(part: string, mark: Mark): Promise<void> {
  await writeFile(`${part}.from`, JSON.stringify(mark));
}
