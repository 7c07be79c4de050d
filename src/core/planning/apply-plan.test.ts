import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocate, type AllocationEvse, type AllocationRequest } from "../balancing/index.ts";
import { epochMs, milliamp, millisecond, type Phase, watt, wattHour } from "../units/index.ts";
import { applyPlan, PLAN_AGE_MAX_ms } from "./apply-plan.ts";
import type { CarSlot, Plan, PlanCap, PlanReasonKind } from "./plan-types.ts";
import { planSlots } from "./slots.ts";

const NOW = epochMs(Date.UTC(2026, 10, 23, 8, 0, 0));
const HOUR_ms = 3_600_000;

const evse = (id: string, over: Partial<AllocationEvse> = {}): AllocationEvse => ({
  id,
  circuit: "garage",
  phases: ["L1", "L2", "L3"],
  min_mA: milliamp(6_000),
  max_mA: milliamp(16_000),
  step_mA: milliamp(1_000),
  weight: 1,
  plugged_at_ms: epochMs(NOW - HOUR_ms),
  charging_since_ms: null,
  attained_Wh: wattHour(0),
  needed_Wh: null,
  departure_ms: null,
  ...over,
});

const request = (evses: readonly AllocationEvse[]): AllocationRequest => ({
  now_ms: NOW,
  policy: { share: "need", per: "current", hold_ms: millisecond(HOUR_ms) },
  circuits: ["main", "garage"].map((id) => ({
    id,
    parent: id === "main" ? null : "main",
    limit_mA: [milliamp(63_000), milliamp(63_000), milliamp(63_000)],
    otherLoad_mA:
      id === "main" ? [milliamp(10_000), milliamp(10_000), milliamp(10_000)] : [milliamp(0), milliamp(0), milliamp(0)],
    limit_W: null,
  })),
  evses,
});

const cap = (limit_W: number, kind: PlanReasonKind = "price"): PlanCap => ({
  limit_W: watt(limit_W),
  because: { kind, ref: "main", limit_W: watt(limit_W) },
});

type Planned = {
  readonly current_A?: number;
  readonly caps?: PlanCap;
  readonly kind?: PlanReasonKind;
  readonly binding?: boolean;
};

const plan = ({ current_A = 0, caps, kind = "price", binding = true }: Planned, made_at_ms = NOW): Plan => {
  const slots = planSlots(NOW, 2);
  const slot: CarSlot = {
    energy_Wh: wattHour(0),
    current_mA: milliamp(current_A * 1000),
    because: { kind, ref: "tariff" },
  };
  return {
    made_at_ms,
    slots,
    circuits: caps === undefined ? [] : [{ circuit: "main", caps: slots.map(() => caps) }],
    cars: [
      {
        evse: "P1",
        plugged_at_ms: epochMs(NOW - HOUR_ms),
        min_mA: milliamp(6_000),
        binding,
        slots: [slot, slot],
        unmet_Wh: wattHour(0),
      },
    ],
    peak_W: null,
    planned_W: slots.map(() => watt(0)),
  };
};

const boundOf = (applied: AllocationRequest): number | undefined => applied.evses[0]?.bounds?.at(-1)?.max_mA;

describe("a car's target", () => {
  test.each([
    ["nothing", 0, 0],
    ["less than half of its minimum: it waits", 2.9, 0],
    ["a part of its minimum: it runs at the minimum for a while", 3, 6_000],
    ["between two steps: the upper one", 9.2, 10_000],
    ["all it can take: no bound", 16, undefined],
  ])("%s", (_, current_A, bound) => {
    expect(boundOf(applyPlan(request([evse("P1")]), plan({ current_A }), NOW))).toBe(bound);
  });

  test("becomes a rung of the grant's ladder, with its reason", () => {
    const { grants } = allocate(applyPlan(request([evse("P1")]), plan({ current_A: 9 }), NOW));
    expect(grants[0]?.because).toContainEqual({ kind: "price", ref: "tariff", before_mA: 16_000, after_mA: 9_000 });
  });

  test("does not pause a car that has just begun, nor one that would not wake up", () => {
    const begun = evse("P1", { charging_since_ms: epochMs(NOW - 60_000) });
    const sleepy = evse("P1", { charging_since_ms: epochMs(NOW - 2 * HOUR_ms), neverPause: true });
    const old = evse("P1", { charging_since_ms: epochMs(NOW - 16 * 60_000) });
    const bounds = [begun, sleepy, old].map((one) => boundOf(applyPlan(request([one]), plan({}), NOW)));
    expect(bounds).toEqual([6_000, 6_000, 0]);
  });

  test("pauses even such a car when the cap is a legal one", () => {
    const begun = evse("P1", { charging_since_ms: epochMs(NOW - 60_000) });
    expect(boundOf(applyPlan(request([begun]), plan({ kind: "grid_signal" }), NOW))).toBe(0);
  });

  test.each([
    ["is a forecast only", plan({ binding: false }), {}],
    ["was made for another car at this EVSE", plan({}), { plugged_at_ms: NOW }],
  ])("changes nothing when it %s", (_, made, over) => {
    const before = request([evse("P1", over)]);
    expect(applyPlan(before, made, NOW).evses).toEqual(before.evses);
  });
});

describe("a circuit's cap", () => {
  const limits = (made: Plan, evses: readonly AllocationEvse[] = []): readonly unknown[] =>
    applyPlan(request(evses), made, NOW).circuits.map(({ limit_W }) => limit_W);

  test("lowers the circuit's power and no other one's", () => {
    expect(limits(plan({ caps: cap(20_000) }))).toEqual([20_000, null]);
  });

  test("stays above what the circuit carries anyway: other load and minima of cars that have just begun", () => {
    const begun = evse("P2", { charging_since_ms: epochMs(NOW - 60_000) });
    expect(limits(plan({ caps: cap(100) }), [begun])).toEqual([(3 * 10 + 3 * 6) * 230, null]);
  });

  test("stays above what is reserved for a silent box", () => {
    const silent = evse("P2", { reserved: { current_mA: milliamp(8_000), kind: "fallback" } });
    expect(limits(plan({ caps: cap(100) }), [silent])).toEqual([(3 * 10 + 3 * 8) * 230, null]);
  });

  test("that is a legal one is passed on as it is", () => {
    const begun = evse("P2", { charging_since_ms: epochMs(NOW - 60_000) });
    expect(limits(plan({ caps: cap(4_200, "grid_signal") }), [begun])).toEqual([4_200, null]);
  });
});

describe("a plan's age", () => {
  const before = request([evse("P1")]);

  test("fifteen minutes without renewal and it is ignored", () => {
    const made_at_ms = epochMs(NOW - PLAN_AGE_MAX_ms);
    expect(boundOf(applyPlan(before, plan({}, made_at_ms), NOW))).toBe(0);
    expect(applyPlan(before, plan({}, epochMs(made_at_ms - 1)), NOW)).toBe(before);
  });

  test("a plan from the future, of a clock that was set back, is ignored", () => {
    expect(applyPlan(before, plan({}, epochMs(NOW + PLAN_AGE_MAX_ms + 1)), NOW)).toBe(before);
  });

  test("no plan, or one whose slots are over, changes nothing", () => {
    expect(applyPlan(before, null, NOW)).toBe(before);
    const later = epochMs(NOW + HOUR_ms);
    expect(applyPlan(before, plan({}, later), later)).toBe(before);
  });
});

describe("whatever stands in a plan", () => {
  /** Also what no planner would write; the casts' only place is units, so absurd numbers come through whole ones. */
  const absurd = fc.oneof(
    fc.integer({ min: -1_000_000, max: 1_000_000 }),
    fc.constantFrom(0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
  );
  const kinds = fc.constantFrom<PlanReasonKind>("price", "schedule", "grid_signal", "vehicle");
  const carSlots = fc.array(
    fc.record({ current: absurd, kind: kinds }).map(({ current, kind }): CarSlot => ({
      energy_Wh: wattHour(0),
      current_mA: milliamp(current),
      because: { kind, ref: "x" },
    })),
    { maxLength: 3 },
  );
  const capOf = fc.option(fc.tuple(absurd, kinds).map(([limit, kind]) => cap(limit, kind)));
  const plans = fc.record({
    caps: fc.array(
      fc.record({ circuit: fc.constantFrom("main", "garage", "none"), caps: fc.array(capOf, { maxLength: 3 }) }),
      { maxLength: 4 },
    ),
    cars: fc.array(fc.record({ id: fc.constantFrom("P1", "P2", "P9"), slots: carSlots, binding: fc.boolean() }), {
      maxLength: 4,
    }),
    made: fc.integer({ min: -2 * PLAN_AGE_MAX_ms, max: 2 * PLAN_AGE_MAX_ms }),
  });
  const evses = fc
    .tuple(
      ...["P1", "P2", "P3"].map((id) =>
        fc.record({
          id: fc.constant(id),
          phases: fc.constantFrom<readonly Phase[]>(["L1"], ["L2", "L3"], ["L1", "L2", "L3"]),
          charging_since_ms: fc.option(fc.integer({ min: 0, max: HOUR_ms }).map((ago) => epochMs(NOW - ago))),
          neverPause: fc.boolean(),
          weight: fc.double({ min: 0.001, max: 10, noNaN: true }),
          bounds: fc.array(
            fc
              .integer({ min: 0, max: 32_000 })
              .map((max) => ({ max_mA: milliamp(max), kind: "vehicle" as const, ref: id })),
            { maxLength: 2 },
          ),
        }),
      ),
    )
    .map((all) => all.map(({ id, ...over }) => evse(id, over)));
  const limitOf = fc.option(fc.integer({ min: 0, max: 50_000 }).map(watt));

  const ceilingOf = (one: AllocationEvse | undefined): number =>
    Math.min(one?.max_mA ?? 0, ...(one?.bounds ?? []).map(({ max_mA }) => max_mA));

  test("no limit is higher than before, no bound, no weight; and the allocator takes the result", () => {
    fc.assert(
      fc.property(plans, evses, limitOf, ({ caps, cars, made }, all, limit_W) => {
        const [main, garage] = request(all).circuits;
        if (main === undefined || garage === undefined) throw new Error("two circuits");
        const before: AllocationRequest = { ...request(all), circuits: [{ ...main, limit_W }, garage] };
        const absurdPlan: Plan = {
          ...plan({}, epochMs(NOW + made)),
          circuits: caps,
          cars: cars.map(({ id, slots, binding }) => ({
            evse: id,
            plugged_at_ms: epochMs(NOW - HOUR_ms),
            min_mA: milliamp(6_000),
            binding,
            slots,
            unmet_Wh: wattHour(0),
          })),
        };
        const after = applyPlan(before, absurdPlan, NOW);
        after.circuits.forEach((circuit, index) => {
          const old = before.circuits[index];
          expect(circuit.limit_W ?? Infinity).toBeLessThanOrEqual(old?.limit_W ?? Infinity);
          expect(circuit.limit_W ?? 0).toBeGreaterThanOrEqual(0);
          expect({ ...circuit, limit_W: null }).toEqual({ ...old, limit_W: null });
        });
        after.evses.forEach((one, index) => {
          const old = before.evses[index];
          expect(ceilingOf(one)).toBeLessThanOrEqual(ceilingOf(old));
          expect(ceilingOf(one)).toBeGreaterThanOrEqual(0);
          expect(one.weight).toBeGreaterThan(0);
          expect(one.weight).toBeLessThanOrEqual(old?.weight ?? 0);
          expect({ ...one, bounds: [], weight: 1 }).toEqual({ ...old, bounds: [], weight: 1 });
        });
        allocate(after);
      }),
      { numRuns: 500 },
    );
  });
});
