// @ts-check

/**
 * The value below which `share` of the samples lie (nearest rank); NaN without any sample, which meets no target.
 * @param {readonly number[]} samples @param {number} share 0 to 1
 */
export function quantile(samples, share) {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

/** @param {readonly number[]} samples */
export const median = (samples) => quantile(samples, 0.5);

/**
 * How long a long bench runs: CHARGEHAND_BENCH_MINUTES, else `standard`. Every figure that depends on it names it.
 * @param {number} standard
 */
export function minutesToRun(standard) {
  const text = process.env["CHARGEHAND_BENCH_MINUTES"];
  if (text === undefined) return standard;
  const minutes = Number(text);
  if (!(minutes > 0)) throw new Error(`CHARGEHAND_BENCH_MINUTES is a number above 0, not "${text}"`);
  return minutes;
}

/** @param {number} duration_ms @returns {Promise<void>} */
export const sleep = (duration_ms) => new Promise((resolve) => setTimeout(resolve, duration_ms));

/**
 * Looks every `every_ms` until `look` answers something else than null; fails with `what` after `ms_max`.
 * @template T @param {() => T | null | Promise<T | null>} look @param {string} what @param {number} ms_max
 * @param {number} [every_ms] @returns {Promise<T>}
 */
export async function awaitValue(look, what, ms_max, every_ms = 20) {
  const deadline = performance.now() + ms_max;
  for (;;) {
    const value = await look();
    if (value !== null) return value;
    if (performance.now() > deadline) throw new Error(`never came true within ${String(ms_max)} ms: ${what}`);
    await sleep(every_ms);
  }
}

/** The machine's monotonic clock: the same in every process. */
export const monotonic_ms = () => Number(process.hrtime.bigint()) / 1e6;
