import { describeRange, type PatchName } from '../../facts/patches/name.js';

/** What is wrong with a stored patch, or with two of them. */
export interface Finding {
  readonly patch: string;
  readonly kind: 'misnamed' | 'overlaps' | 'dead' | 'differs-from-rules' | 'no-rules';
  readonly what: string;
}

export function misnamed(file: string): Finding {
  return { patch: file, kind: 'misnamed', what: 'the name is not vanilla--DRIVER--FROM--TO' };
}

/** Pairs of one driver whose ranges share a version. */
export function overlaps(names: readonly PatchName[]): Finding[] {
  return names.flatMap((one, index) =>
    names
      .slice(index + 1)
      .filter((other) => other.driver === one.driver && one.from < other.to && other.from < one.to)
      .map((other) => ({
        patch: one.file,
        kind: 'overlaps' as const,
        what: `${describeRange(one)} overlaps ${other.file}`,
      })),
  );
}
