import { expect, test } from "vitest";
import { replayWithChannel } from "./channel.ts";
import { car, HOUR, site } from "./scenario.example.ts";
import type { Scenario } from "./index.ts";

const REAL = { loss: 0.05, latency_ms: [100, 3000], ev_ms: [500, 5000] } as const;
const TREE = ["main", "hall", "row"] as const;

/** One bay at the end of three circuits, of which the middle one is the narrow one. */
function narrow(limits_A: readonly [number, number, number], load_A: number, loadAt: (typeof TREE)[number]): Scenario {
  const one = site(63, 1, { min_A: 6, step_A: 1, channel: REAL });
  const [main] = one.site.circuits;
  if (main === undefined) return one;
  return {
    ...one,
    sessions: [car(0, { phases: ["L1", "L2", "L3"] })],
    site: {
      ...one.site,
      circuits: TREE.map((id, index) => {
        const limit_A = limits_A[index] ?? 0;
        return { ...main, id, parent: TREE[index - 1] ?? null, limit_A: [limit_A, limit_A, limit_A] as const };
      }),
      evses: one.site.evses.map((evse) => ({ ...evse, circuit: "row" })),
      otherLoad: [{ t_ms: 0, circuit: loadAt, load_A: [load_A, load_A, load_A] }],
    },
  };
}

test("what is told of a sub-circuit loads those between it and the main one", () => {
  const { violations, peak_A, delivered_Wh } = replayWithChannel(narrow([63, 16, 32], 6, "row"));
  expect(violations).toEqual({ self_caused_s: 0, total_As: 0 });
  expect(Math.max(...(peak_A["hall"] ?? []))).toBe(16);
  expect(delivered_Wh).toBeGreaterThan(0);
});

test("a building that alone is too much for a line is not the cars' overload", () => {
  const { violations, delivered_Wh } = replayWithChannel(narrow([63, 16, 32], 20, "hall"));
  // The box begins with its fall-back current, until it is told.
  expect(delivered_Wh).toBeLessThan(20);
  expect(violations.self_caused_s).toBeLessThan(10);
  expect(violations.total_As).toBeGreaterThan((HOUR / 1000) * 3 * 3.9);
});
