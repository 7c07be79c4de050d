import type { CircuitUse } from "../balancing/index.ts";
import type { Scenario } from "./scenario.ts";

const WEEK_MS = 7 * 24 * 3_600_000;
/** Until so much time with charging cars has been seen, nothing is said. */
const SEEN_MS_min = 24 * 3_600_000;
/** A phase is full when less than this part of it is left. */
const FULL = 0.03;
const OFTEN_FULL = 0.5;
const IDLE = 0.6;

/**
 * Remembers how the main circuit's phases were used while cars charged, with a half-life of a week: `skewed` when one phase
 * was full more than half of that time while another one was used below 60 % (balancing.md §2.2).
 */
export function createUsage({ site, tick_ms }: Scenario): {
  readonly see: (circuits: readonly CircuitUse[]) => void;
  readonly skewed: () => boolean;
} {
  const root = site.circuits.findIndex(({ parent }) => parent === null);
  const decay = 0.5 ** (tick_ms / WEEK_MS);
  const full_ms = [0, 0, 0];
  const used_ms = [0, 0, 0];
  let seen_ms = 0;
  const see = (circuits: readonly CircuitUse[]): void => {
    const use = circuits[root];
    if (use === undefined || use.granted_mA.every((granted) => granted === 0)) return;
    seen_ms = seen_ms * decay + tick_ms;
    for (const line of [0, 1, 2] as const) {
      const has_mA = use.granted_mA[line] + use.free_mA[line];
      const used = has_mA === 0 ? 1 : use.granted_mA[line] / has_mA;
      full_ms[line] = (full_ms[line] ?? 0) * decay + (used >= 1 - FULL ? tick_ms : 0);
      used_ms[line] = (used_ms[line] ?? 0) * decay + used * tick_ms;
    }
  };
  const skewed = (): boolean =>
    seen_ms >= SEEN_MS_min &&
    full_ms.some((full) => full > OFTEN_FULL * seen_ms) &&
    used_ms.some((used) => used < IDLE * seen_ms);
  return { see, skewed };
}
