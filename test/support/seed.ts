/** Chosen once a process: nightly runs try what no run tried before. */
const nightly = process.env.NETMAP_NIGHTLY === '1' ? Date.now() % 100_000 : undefined;

/**
 * The number that a test at random begins with: the same in each run, so that a change is never blocked by an old
 * fault. The nightly run takes another one each time. NETMAP_SEED sets it, to repeat a run; a test's name tells it.
 */
export function seed(usual = 1): number {
  const text = process.env.NETMAP_SEED;
  if (text === undefined || text === '') return nightly ?? usual;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`NETMAP_SEED=${text}: a number below 1,000,000,000 is needed`);
  return Number(text);
}

/** A small generator with a seed (mulberry32): what failed can be made again from its number. */
export function randomNumbers(first = seed()): (limit: number) => number {
  let state = first >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}
