import { afterAll, describe, expect, test } from "vitest";
import { allocate, type AllocationRequest } from "../../src/core/balancing/index.ts";
import { applyPlan, planProgram, planSlots, readPlan } from "../../src/core/planning/index.ts";
import type { Plan, PlanCar, PlanInput } from "../../src/core/planning/index.ts";
import { epochMs, milliamp, millisecond, watt, wattHour } from "../../src/core/units/index.ts";
import { createLpSolver } from "../../src/main/planning/index.ts";

// Plans that can be checked by hand: three-phase cars of 11.04 kW (16 A) at 230 V.

const solver = createLpSolver();
afterAll(() => solver.close());

const NOW = epochMs(Date.UTC(2026, 10, 23, 8, 0, 0));
const HOUR_ms = 3_600_000;
const KW_16A = 11.04;
const CHEAP = 100_000;
const DEAR = 400_000;

const car = (evse: string, over: Partial<PlanCar> = {}): PlanCar => ({
  evse,
  circuit: "main",
  phases: ["L1", "L2", "L3"],
  min_mA: milliamp(6_000),
  max_mA: milliamp(16_000),
  plugged_at_ms: NOW,
  remaining_Wh: wattHour(11_040),
  departure_ms: epochMs(NOW + 4 * HOUR_ms),
  ...over,
});

const input = (cars: readonly PlanCar[], over: Partial<PlanInput> = {}): PlanInput => {
  const slots = planSlots(NOW, 16);
  return {
    now_ms: NOW,
    voltage_V: 230,
    slots,
    circuits: [
      {
        id: "main",
        parent: null,
        limit_mA: [milliamp(63_000), milliamp(63_000), milliamp(63_000)],
        limit_W: null,
        otherLoad_mA: null,
      },
    ],
    cars,
    otherNet_W: slots.map(() => watt(0)),
    import_micro_per_kWh: null,
    export_micro_per_kWh: 0,
    peak: null,
    quarter: null,
    usedInQuarter_Wh: wattHour(0),
    limits: [],
    finishEarly_ms: millisecond(0),
    ...over,
  };
};

async function planOf(known: PlanInput): Promise<Plan> {
  const built = planProgram(known);
  const answer = await solver.solve(built.program, { deadline_ms: 5_000 });
  expect(answer.kind).toBe("optimal");
  if (answer.kind !== "optimal") throw new Error("no plan");
  return readPlan(known, built, answer.values);
}

const energies = (plan: Plan, index: number): readonly number[] =>
  plan.cars[index]?.slots.map(({ energy_Wh }): number => energy_Wh) ?? [];
const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
/** Two dear hours, then two cheap ones. */
const dearThenCheap = Array.from({ length: 16 }, (_, slot) => (slot < 8 ? DEAR : CHEAP));

const PEAK = {
  price_micro_per_kW: 15_510_000,
  monthPeak_W: null,
  lastMonthPeak_W: null,
  floor_W: watt(0),
  days_left: 10,
};

describe("a plan without prices", () => {
  test("delivers as early as the circuit allows", async () => {
    const plan = await planOf(input([car("P1")]));
    expect(energies(plan, 0).slice(0, 5)).toEqual([2760, 2760, 2760, 2760, 0]);
    expect(plan.cars[0]?.unmet_Wh).toBe(0);
  });

  test("a deadline that cannot be met is missed by what physics misses", async () => {
    const late = car("P1", { departure_ms: epochMs(NOW + HOUR_ms / 2) });
    const plan = await planOf(input([late]));
    expect(sum(energies(plan, 0))).toBe((KW_16A * 1000) / 2);
    expect(plan.cars[0]?.unmet_Wh).toBe(5_520);
  });

  test("two cars that cannot both be served miss half each rather than one of them all", async () => {
    const leaving = { departure_ms: epochMs(NOW + HOUR_ms) };
    const narrow = { ...input([]).circuits[0], id: "main", parent: null, limit_W: null, otherLoad_mA: null };
    const plan = await planOf(
      input([car("P1", leaving), car("P2", leaving)], {
        circuits: [{ ...narrow, limit_mA: [milliamp(16_000), milliamp(16_000), milliamp(16_000)] }],
      }),
    );
    expect(plan.cars.map(({ unmet_Wh }) => unmet_Wh)).toEqual([5_520, 5_520]);
  });

  test("other load that is forecast leaves less for cars", async () => {
    const [main] = input([]).circuits;
    const busy = planSlots(NOW, 16).map((_, slot) => {
      const load = milliamp(slot < 4 ? 55_000 : 0);
      return [load, load, load] as const;
    });
    const circuits = main === undefined ? [] : [{ ...main, otherLoad_mA: busy }];
    const plan = await planOf(input([car("P1")], { circuits }));
    // 8 A for an hour, then 16 A for the other half of the energy.
    expect(energies(plan, 0).slice(0, 7)).toEqual([1380, 1380, 1380, 1380, 2760, 2760, 0]);
  });

  test("the running quarter hour is planned for its rest", async () => {
    const now_ms = epochMs(NOW + 5 * 60_000);
    const plan = await planOf(input([car("P1")], { now_ms, slots: planSlots(now_ms, 16) }));
    expect(energies(plan, 0)[0]).toBe(1840);
    expect(plan.cars[0]?.slots[0]?.current_mA).toBe(16_000);
  });
});

describe("a plan with prices", () => {
  test("two cars: the one that can waits for the cheap hours, the one that leaves before does not", async () => {
    const leaves = car("P1", { departure_ms: epochMs(NOW + 2 * HOUR_ms) });
    const plan = await planOf(input([leaves, car("P2")], { import_micro_per_kWh: dearThenCheap }));
    expect(sum(energies(plan, 0).slice(0, 8))).toBe(11_040);
    expect(energies(plan, 1).slice(0, 8)).toEqual(Array(8).fill(0));
    expect(sum(energies(plan, 1))).toBe(11_040);
  });

  test("the car that waits is told for which price and until when", async () => {
    const plan = await planOf(input([car("P1")], { import_micro_per_kWh: dearThenCheap }));
    expect(plan.cars[0]?.slots[0]?.because).toEqual({
      kind: "price",
      ref: "P1",
      price_micro_per_kWh: DEAR,
      later_micro_per_kWh: CHEAP,
      later_ms: NOW + 2 * HOUR_ms,
    });
  });

  test("energy goes before money, however dear", async () => {
    const prices = dearThenCheap.map(() => 50_000_000);
    const plan = await planOf(input([car("P1")], { import_micro_per_kWh: prices, peak: PEAK }));
    expect(plan.cars[0]?.unmet_Wh).toBe(0);
  });

  test("a price below zero is taken", async () => {
    const prices = dearThenCheap.map((price, slot) => (slot >= 12 ? -50_000 : price));
    const plan = await planOf(input([car("P1")], { import_micro_per_kWh: prices }));
    expect(sum(energies(plan, 0).slice(12))).toBe(11_040);
  });

  test("the roof's surplus is used before the grid, even when it comes later", async () => {
    const otherNet_W = planSlots(NOW, 16).map((_, slot) => watt(slot >= 8 && slot < 12 ? -11_040 : 0));
    const prices = dearThenCheap.map(() => DEAR);
    const plan = await planOf(input([car("P1")], { otherNet_W, import_micro_per_kWh: prices }));
    expect(sum(energies(plan, 0).slice(8, 12))).toBe(11_040);
  });

  test("surplus that export pays better for is not worth waiting for", async () => {
    const otherNet_W = planSlots(NOW, 16).map((_, slot) => watt(slot >= 8 ? -11_040 : 0));
    const prices = dearThenCheap.map(() => CHEAP);
    const plan = await planOf(
      input([car("P1")], { otherNet_W, import_micro_per_kWh: prices, export_micro_per_kWh: DEAR }),
    );
    expect(sum(energies(plan, 0).slice(0, 4))).toBe(11_040);
  });
});

describe("a plan with a price for the peak", () => {
  test("spreads the energy: the peak is what is needed in the time there is", async () => {
    const plan = await planOf(input([car("P1"), car("P2")], { peak: PEAK }));
    expect(plan.peak_W).toBe((2 * 11_040) / 4);
    expect(Math.max(...plan.planned_W)).toBe(5_520);
    expect(plan.circuits[0]?.caps[3]).toEqual({
      limit_W: 5_520,
      because: { kind: "price", ref: "main", limit_W: 5_520 },
    });
  });

  test.each([
    ["the month's peak so far", { monthPeak_W: watt(11_040) }, 11_040],
    ["three quarters of last month's", { lastMonthPeak_W: watt(12_000) }, 9_000],
    ["the floor of the tariff", { floor_W: watt(10_000) }, 10_000],
  ])("%s costs nothing more", async (_, known, free_W) => {
    const plan = await planOf(input([car("P1"), car("P2")], { peak: { ...PEAK, ...known } }));
    expect(plan.peak_W).toBe(free_W);
    expect(plan.planned_W[0]).toBe(free_W);
  });

  test("near the end of the month a kW is dear, at its beginning it may pay for itself", async () => {
    const known = { import_micro_per_kWh: dearThenCheap };
    const price = { ...PEAK, price_micro_per_kW: 3_000_000, monthPeak_W: watt(2_760) };
    const last = await planOf(input([car("P1")], { ...known, peak: { ...price, days_left: 1 } }));
    const first = await planOf(input([car("P1")], { ...known, peak: { ...price, days_left: 30 } }));
    expect(last.peak_W).toBe(2_760);
    expect(first.peak_W).toBe(5_520);
  });
});

describe("the running quarter hour and the peak", () => {
  const at = (minute: number, used_Wh: number | null, over: Partial<PlanInput> = {}): PlanInput => {
    const now_ms = epochMs(NOW + minute * 60_000);
    const peak = { ...PEAK, monthPeak_W: watt(8_000), days_left: 1 };
    const usedInQuarter_Wh = used_Wh === null ? null : wattHour(used_Wh);
    return input([car("P1"), car("P2")], { now_ms, slots: planSlots(now_ms, 16), peak, usedInQuarter_Wh, ...over });
  };
  const caps = async (known: PlanInput): Promise<readonly (number | undefined)[]> =>
    (await planOf(known)).circuits[0]?.caps.slice(0, 2).map((cap) => cap?.limit_W) ?? [];

  test.each([
    ["what its first minutes left is used in its later ones", 10, 1_000, 12_000],
    ["what they took too much its later ones have less", 5, 1_000, 6_000],
    ["never more than twice the peak is caught up", 10, 0, 16_000],
    ["in its last minute nothing is caught up", 14, 1_500, 8_000],
    ["whose beginning nobody saw has the peak itself", 10, null, 8_000],
    ["that is at the peak already has nothing left", 10, 2_000, 0],
  ])("a quarter hour: %s", async (_, minute, used_Wh, cap_W) => {
    expect(await caps(at(minute, used_Wh))).toEqual([cap_W, 8_000]);
  });

  test("a quarter hour above the month's peak has made a new one: it may be had in the next ones too", async () => {
    const plan = await planOf(at(10, 2_500));
    expect(plan.peak_W).toBe(10_000);
    expect(plan.planned_W.slice(0, 2)).toEqual([0, 10_000]);
  });
});

describe("limits known ahead", () => {
  test("a grid signal that announced itself is planned around and passed on as a cap", async () => {
    const signal = {
      circuit: "main",
      from_ms: NOW,
      until_ms: epochMs(NOW + HOUR_ms),
      limit_W: watt(4_200),
      kind: "grid_signal" as const,
      ref: "14a",
    };
    const plan = await planOf(input([car("P1")], { limits: [signal] }));
    expect(sum(energies(plan, 0).slice(0, 4))).toBe(4_200);
    expect(plan.circuits[0]?.caps.slice(3, 5)).toEqual([
      { limit_W: 4_200, because: { kind: "grid_signal", ref: "14a", limit_W: 4_200 } },
      null,
    ]);
    expect(plan.cars[0]?.slots[0]?.because).toMatchObject({ kind: "grid_signal", ref: "14a" });
  });

  test("a contracted quarter hour counts what it has had", async () => {
    const now_ms = epochMs(NOW + 10 * 60_000);
    const known = { now_ms, slots: planSlots(now_ms, 16), quarter: { limit_W: watt(8_000), ref: "contract" } };
    const plan = await planOf(input([car("P1")], { ...known, usedInQuarter_Wh: wattHour(1_500) }));
    // 8 kW × 15 min = 2000 Wh, of which 500 Wh are left for five minutes: 6 kW.
    expect(energies(plan, 0).slice(0, 2)).toEqual([500, 2_000]);
    expect(plan.circuits[0]?.caps[0]?.limit_W).toBe(6_000);
  });
});

test("a car that leaves tomorrow, in the middle of an hour, has all its energy before that", async () => {
  const slots = planSlots(NOW, 144);
  const departure_ms = epochMs(NOW + 26.4 * HOUR_ms);
  const prices = slots.map((_, slot) => (slot < 104 ? DEAR : CHEAP));
  const known = input([car("P1", { departure_ms })], {
    slots,
    otherNet_W: slots.map(() => watt(0)),
    import_micro_per_kWh: prices,
  });
  const plan = await planOf(known);
  const own = energies(plan, 0);
  // 24 minutes of the cheap hours at 11.04 kW, the rest before.
  expect(own.slice(104, 107)).toEqual([2_760, 1_656, 0]);
  expect(Math.abs(sum(own) - 11_040)).toBeLessThanOrEqual(4);
  expect(plan.cars[0]?.unmet_Wh).toBe(0);
});

describe("knowing little", () => {
  test("a car of which nobody knows when it leaves is counted but not held back", async () => {
    const plan = await planOf(input([car("P1", { departure_ms: null })], { import_micro_per_kWh: dearThenCheap }));
    expect(plan.cars[0]?.binding).toBe(false);
  });

  test("a car that should have left is not held back", async () => {
    const plan = await planOf(input([car("P1", { departure_ms: epochMs(NOW - HOUR_ms) })]));
    expect(plan.cars[0]?.binding).toBe(false);
  });

  test("cars are done before they leave by the time the owner wants, when they have it to spare", async () => {
    const prices = dearThenCheap.map((_, slot) => 1_000_000 - slot * 10_000);
    const known = { import_micro_per_kWh: prices, finishEarly_ms: millisecond(HOUR_ms) };
    const plan = await planOf(input([car("P1")], known));
    expect(energies(plan, 0).findLastIndex((energy) => energy > 0)).toBe(11);
    const tight = car("P1", { departure_ms: epochMs(NOW + HOUR_ms) });
    expect((await planOf(input([tight], known))).cars[0]?.unmet_Wh).toBe(0);
  });

  test("nothing to plan is a plan too", async () => {
    const plan = await planOf(input([], { peak: PEAK, import_micro_per_kWh: dearThenCheap }));
    expect(plan.cars).toEqual([]);
    expect(sum(plan.planned_W)).toBe(0);
  });
});

test("the allocator under the plan keeps to the peak and gives the car that waits nothing", async () => {
  const leaves = car("P1", { departure_ms: epochMs(NOW + 2 * HOUR_ms) });
  const plan = await planOf(input([leaves, car("P2")], { import_micro_per_kWh: dearThenCheap }));
  const request: AllocationRequest = {
    now_ms: NOW,
    policy: { share: "need", per: "current", hold_ms: millisecond(HOUR_ms) },
    circuits: [
      {
        id: "main",
        parent: null,
        limit_mA: [milliamp(63_000), milliamp(63_000), milliamp(63_000)],
        otherLoad_mA: [milliamp(0), milliamp(0), milliamp(0)],
      },
    ],
    evses: ["P1", "P2"].map((id) => ({
      id,
      circuit: "main",
      phases: ["L1", "L2", "L3"],
      min_mA: milliamp(6_000),
      max_mA: milliamp(16_000),
      step_mA: milliamp(1_000),
      weight: 1,
      plugged_at_ms: NOW,
      charging_since_ms: null,
      attained_Wh: wattHour(0),
      needed_Wh: null,
      departure_ms: null,
    })),
  };
  const granted = allocate(applyPlan(request, plan, NOW)).grants;
  expect(granted.map(({ current_mA }) => current_mA)).toEqual([16_000, 0]);
  expect(granted[1]?.because.at(-1)).toMatchObject({ kind: "price", ref: "P2", after_mA: 0 });
});
