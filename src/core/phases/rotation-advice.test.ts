import { expect, test } from "vitest";
import type { Scenario, ScenarioSession } from "../replay/index.ts";
import { adviseRotation, rotated, shifted } from "./index.ts";
import type { Phase } from "../units/index.ts";

const HOUR_MS = 3_600_000;
const BAYS = 6;

/** Six bays with a hungry single-phase car each, eight hours a day for a week, on a fuse for two of them per phase. */
function site(phaseOf: (bay: number) => Phase, more: Partial<Scenario["site"]> = {}): Scenario {
  const bays = Array.from({ length: BAYS }, (_, bay) => bay);
  const sessions = Array.from({ length: 7 }, (_, day) =>
    bays.map((bay): ScenarioSession => ({
      evse: `P${String(bay)}`,
      arrival_ms: (24 * day + 8) * HOUR_MS,
      departure_ms: (24 * day + 16) * HOUR_MS,
      needed_Wh: 25_000,
      phases: [phaseOf(bay)],
      max_A: 16,
      battery: { kind: "ideal" },
      declared: null,
      driver: null,
    })),
  ).flat();
  return {
    site: {
      voltage_V: 230,
      circuits: [{ id: "main", parent: null, limit_A: [32, 32, 32], limit_W: null, system: "star" }],
      evses: bays.map((bay) => ({
        id: `P${String(bay)}`,
        circuit: "main",
        phases: [phaseOf(bay)],
        max_A: 16,
      })),
      otherLoad: [],
      ...more,
    },
    sessions,
    history: null,
    tick_ms: 300_000,
    min_A: 6,
    step_A: 1,
    policy: { name: "chargehand", information: "none" },
    channel: null,
    seed: 1,
  };
}

const never = { isOver: () => false };

test("bays that all hang on one phase are spread over the three, and the energy is what the allocator would have given", () => {
  const advice = adviseRotation(
    site(() => "L1"),
    never,
  );
  expect(advice.moves).toHaveLength(4);
  expect(new Set(advice.moves.map(({ shift }) => shift))).toEqual(new Set([1, 2]));
  expect(advice.gain_permille).toBeGreaterThan(1_000);
  expect(advice.then_Wh).toBeGreaterThan(2 * advice.now_Wh);
  const gained = advice.moves.reduce((sum, { now_Wh, then_Wh }) => sum + then_Wh - now_Wh, 0);
  expect(gained).toBeGreaterThan(0);
  expect(gained).toBeLessThanOrEqual(advice.then_Wh - advice.now_Wh + BAYS);
});

test("where the phases are used evenly nothing is proposed", () => {
  const even = site((bay) => (["L1", "L2", "L3"] as const)[bay % 3] ?? "L1");
  expect(adviseRotation(even, never)).toMatchObject({ moves: [], gain_permille: 0 });
});

test("cars on three phases are left alone, and a site without sessions too", () => {
  const one = site(() => "L1");
  const three: Scenario = {
    ...one,
    site: { ...one.site, evses: one.site.evses.map((evse) => ({ ...evse, phases: ["L1", "L2", "L3"] })) },
    sessions: one.sessions.map((session) => ({ ...session, phases: ["L1", "L2", "L3"] })),
  };
  expect(adviseRotation(three, never).moves).toEqual([]);
  expect(adviseRotation({ ...one, sessions: [] }, never)).toMatchObject({ sessions: 0, gain_permille: 0, moves: [] });
});

test("with enough fuse for everybody no electrician is sent for", () => {
  const circuits = [
    { id: "main", parent: null, limit_A: [200, 200, 200], limit_W: null, system: "star" },
  ] as const satisfies Scenario["site"]["circuits"];
  expect(
    adviseRotation(
      site(() => "L1", { circuits }),
      never,
    ),
  ).toMatchObject({ moves: [], gain_permille: 0 });
});

test("without time the answer is what one replay of all moves tells", () => {
  const advice = adviseRotation(
    site(() => "L1"),
    { isOver: () => true },
  );
  expect(advice.curve).toHaveLength(2);
  expect(advice.gain_permille).toBeGreaterThan(0);
});

test("a rotation keeps the direction of the phases and comes round after three", () => {
  expect((["L1", "L2", "L3"] as const).map((phase) => shifted(phase, 1))).toEqual(["L2", "L3", "L1"]);
  const moved = rotated(
    site(() => "L3"),
    [{ evse: "P0", shift: 1 }],
  );
  expect(moved.site.evses.map(({ phases }) => phases[0])).toEqual(["L1", "L3", "L3", "L3", "L3", "L3"]);
  expect(moved.sessions[0]?.phases).toEqual(["L1"]);
});
