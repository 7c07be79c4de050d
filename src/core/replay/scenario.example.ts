import { PHASES } from "../units/index.ts";
import type { Scenario, ScenarioSession } from "./index.ts";

// What the tests of the replay begin with.

export const HOUR = 3_600_000;
export const TICK = 300_000;

/** Bays P0, P1 … on L1 of one circuit, 230 V, any current, everything known. */
export function site(limit_A: number, bays: number, changes: Partial<Scenario> = {}): Scenario {
  return {
    site: {
      voltage_V: 230,
      circuits: [{ id: "main", parent: null, limit_A: [limit_A, limit_A, limit_A], limit_W: null, system: "star" }],
      evses: Array.from({ length: bays }, (_, bay) => ({
        id: `P${String(bay)}`,
        circuit: "main",
        phases: PHASES,
        max_A: 32,
      })),
      otherLoad: [],
    },
    sessions: [],
    history: null,
    tick_ms: TICK,
    min_A: 0,
    step_A: 0,
    policy: { name: "max-min", information: "none" },
    channel: null,
    seed: 1,
    ...changes,
  };
}

/** A car on L1 that would take 32 A for the first hour, at a bay of `site`. */
export const car = (bay: number, changes: Partial<ScenarioSession> = {}): ScenarioSession => ({
  evse: `P${String(bay)}`,
  arrival_ms: 0,
  departure_ms: HOUR,
  needed_Wh: 100_000,
  phases: ["L1"],
  max_A: 32,
  battery: { kind: "ideal" },
  declared: null,
  driver: null,
  ...changes,
});
