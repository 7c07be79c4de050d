import { afterEach, describe, expect, test } from "vitest";
import { objectiveOf, type PlanInput, planSlots } from "../../core/planning/index.ts";
import { epochMs, milliamp, millisecond, watt, wattHour } from "../../core/units/index.ts";
import { createVirtualClock } from "../site/clock.ts";
import type { LpAnswer, LpSolver } from "./lp-solver.ts";
import { type Planner, type PlannerState, startPlanner } from "./planner.ts";

const START = Date.UTC(2026, 10, 23, 8, 0, 0);
const MINUTE_ms = 60_000;

const running: Planner[] = [];
afterEach(async () => {
  for (const planner of running.splice(0)) await planner.stop();
});

const inputAt = (now_ms: number): PlanInput => {
  const slots = planSlots(epochMs(now_ms), 8);
  return {
    now_ms: epochMs(now_ms),
    voltage_V: 230,
    slots,
    circuits: [],
    cars: [
      {
        evse: "P1",
        circuit: "main",
        phases: ["L1"],
        min_mA: milliamp(6_000),
        max_mA: milliamp(16_000),
        plugged_at_ms: epochMs(START),
        remaining_Wh: wattHour(3_000),
        departure_ms: epochMs(START + 4 * 3_600_000),
      },
    ],
    otherNet_W: slots.map(() => watt(0)),
    import_micro_per_kWh: null,
    export_micro_per_kWh: 0,
    peak: null,
    quarter: null,
    usedInQuarter_Wh: wattHour(0),
    limits: [],
    finishEarly_ms: millisecond(0),
  };
};

/** Answers what it is told to, the last one again and again; a plan of zeros counts as optimal. */
function answering(
  ...kinds: readonly ("optimal" | "timed-out" | "broken")[]
): Pick<LpSolver, "solve"> & { asked: number } {
  const made = {
    asked: 0,
    solve: (...[program]: Parameters<LpSolver["solve"]>): Promise<LpAnswer> => {
      const kind = kinds[Math.min(made.asked, kinds.length - 1)];
      made.asked += 1;
      const values = new Float64Array(program.columnCost.length);
      const rowDuals = new Float64Array(program.rowLower.length);
      if (kind === "timed-out") return Promise.resolve({ kind });
      if (kind === "broken") return Promise.resolve({ kind: "failed", code: "broken", detail: "out of memory" });
      return Promise.resolve({
        kind: "optimal",
        values,
        rowDuals,
        objective: objectiveOf(program, values),
        took_ms: 7,
      });
    },
  };
  return made;
}

function start(solver: Pick<LpSolver, "solve">, input: (now_ms: number) => PlanInput | null = inputAt) {
  const clock = createVirtualClock(START);
  const states: PlannerState[] = [];
  const planner = startPlanner({ clock, solver, input, onState: (state) => states.push(state) });
  running.push(planner);
  return { clock, planner, states };
}

describe("when a plan is made", () => {
  test("at once, then every five minutes", async () => {
    const solver = answering("optimal");
    const { clock, planner } = start(solver);
    await clock.advance(MINUTE_ms);
    expect(solver.asked).toBe(1);
    expect(planner.state()).toMatchObject({ status: "good", solve_ms: 7, attempted_at_ms: START });
    await clock.advance(5 * MINUTE_ms);
    expect(solver.asked).toBe(2);
    expect(planner.state().plan?.made_at_ms).toBe(START + 5 * MINUTE_ms);
  });

  test("two seconds after something happened, once for ten cars that come together", async () => {
    const solver = answering("optimal");
    const { clock, planner } = start(solver);
    await clock.advance(MINUTE_ms);
    for (let car = 0; car < 10; car += 1) planner.notice();
    await clock.advance(1_900);
    expect(solver.asked).toBe(1);
    await clock.advance(200);
    expect(solver.asked).toBe(2);
    await clock.advance(4 * MINUTE_ms);
    expect(solver.asked).toBe(2);
  });

  test("again when something happens while one is being made", async () => {
    const first = Promise.withResolvers<LpAnswer>();
    const solver = answering("optimal");
    let asked = 0;
    const slow: Pick<LpSolver, "solve"> = {
      solve: (program, options) => (++asked === 1 ? first.promise : solver.solve(program, options)),
    };
    const { clock, planner } = start(slow);
    await clock.advance(1_000);
    planner.notice();
    first.resolve({ kind: "timed-out" });
    await clock.advance(2_100);
    expect(asked).toBe(2);
    expect(planner.state().status).toBe("good");
  });

  test("not any more once it is stopped", async () => {
    const solver = answering("optimal");
    const { clock, planner } = start(solver);
    await clock.advance(MINUTE_ms);
    await planner.stop();
    planner.notice();
    await clock.advance(60 * MINUTE_ms);
    expect(solver.asked).toBe(1);
  });
});

describe("when there is no plan", () => {
  test("the last good one stays, and its state says how often it failed and why", async () => {
    const { clock, planner } = start(answering("optimal", "timed-out", "broken", "optimal"));
    await clock.advance(6 * MINUTE_ms);
    expect(planner.state()).toMatchObject({ status: "timed-out", failures: 1, detail: "no plan within 2000 ms" });
    expect(planner.state().plan?.made_at_ms).toBe(START);
    await clock.advance(5 * MINUTE_ms);
    expect(planner.state()).toMatchObject({ status: "failed", failures: 2, detail: "broken: out of memory" });
    await clock.advance(5 * MINUTE_ms);
    expect(planner.state()).toMatchObject({ status: "good", failures: 0, detail: null });
  });

  test("with nothing to plan there is no old plan either", async () => {
    let cars = true;
    const { clock, planner, states } = start(answering("optimal"), (now_ms) => (cars ? inputAt(now_ms) : null));
    await clock.advance(MINUTE_ms);
    cars = false;
    planner.notice();
    await clock.advance(MINUTE_ms);
    expect(planner.state()).toMatchObject({ plan: null, status: "idle", failures: 0 });
    expect(states.map(({ status }) => status)).toEqual(["good", "idle"]);
  });
});
