import { checkFrame, pcapFile } from '../libnetmap/check-frames.js';

const whole = pcapFile([1, 2, 3].map((i) => ({ data: checkFrame(100, i), us: i * 1000 })));

/** Files that command lines of tests name: the word stands for its path. */
export const inputFiles: Readonly<Record<string, Buffer>> = {
  FILE: whole,
  CUT: whole.subarray(0, whole.length - 20),
  EMPTY: pcapFile([]),
  TEXT: Buffer.from('this is not a packet capture, but long enough to be one'),
  SESSION: Buffer.from(''),
};
