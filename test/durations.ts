const SHOWN = 10;

/** How long a phase took, or a test file: the sum of its tests. */
export interface Duration {
  readonly name: string;
  readonly ms: number;
}

/** Lines that tell the time of every phase and of the slowest files. */
export function describeDurations(phases: readonly Duration[], files: readonly Duration[]): string[] {
  const slowest = [...files].sort((a, b) => b.ms - a.ms).slice(0, SHOWN);
  return [
    ...(phases.length === 0 ? [] : ['time of the phases:', ...phases.map(line)]),
    ...(slowest.length === 0 ? [] : ['slowest files:', ...slowest.map(line)]),
  ];
}

function line({ name, ms }: Duration): string {
  return `  ${(ms / 1000).toFixed(1).padStart(7)} s  ${name}`;
}
