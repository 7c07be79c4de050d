import type { EpochMs } from "../../core/units/index.ts";

const EVERY_MS = 5_000;
const KEPT_MS = 15 * 60_000;

export type Spark = {
  add(at_ms: EpochMs, power_W: number | null): void;
  points(): { at_ms: number; power_W: number | null }[];
};

/** Site power of the last 15 minutes in steps of 5 s, in memory only. */
export function createSpark(): Spark {
  let points: { at_ms: number; power_W: number | null }[] = [];
  return {
    add: (at_ms, power_W) => {
      const last = points.at(-1);
      if (last !== undefined && at_ms - last.at_ms < EVERY_MS) return;
      points = [...points.filter((point) => at_ms - point.at_ms <= KEPT_MS), { at_ms, power_W }];
    },
    points: () => points,
  };
}
