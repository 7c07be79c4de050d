import { isSkewed, noUsage, observeUsage } from "../balancing/index.ts";
import type { CircuitUse } from "../balancing/index.ts";
import type { Scenario } from "./scenario.ts";

/** Remembers how the main circuit's phases were used while cars charged, as the site itself does. */
export function createUsage({ site, tick_ms }: Scenario): {
  readonly see: (circuits: readonly CircuitUse[]) => void;
  readonly skewed: () => boolean;
} {
  const root = site.circuits.findIndex(({ parent }) => parent === null);
  let usage = noUsage;
  return {
    see: (circuits) => {
      const use = circuits[root];
      if (use !== undefined) usage = observeUsage(usage, use, tick_ms);
    },
    skewed: () => isSkewed(usage),
  };
}
