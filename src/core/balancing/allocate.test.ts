import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMs, milliamp, millisecond, onPhase, PHASES, watt, wattHour } from "../units/index.ts";
import type { PerPhase, Phase } from "../units/index.ts";
import { allocate } from "./allocate.ts";
import type { AllocationCircuit, AllocationEvse, AllocationRequest } from "./types.ts";

const HOUR_MS = 3_600_000;
const now_ms = epochMs(1_760_000_000_000);
const amps = (l1: number, l2: number, l3: number): PerPhase<ReturnType<typeof milliamp>> => [
  milliamp(l1 * 1000),
  milliamp(l2 * 1000),
  milliamp(l3 * 1000),
];

const circuit = (id: string, parent: string | null, limit_A: number, other_A = 0): AllocationCircuit => ({
  id,
  parent,
  limit_mA: amps(limit_A, limit_A, limit_A),
  otherLoad_mA: amps(other_A, other_A, other_A),
});

const car = (id: string, phases: readonly Phase[], more: Partial<AllocationEvse> = {}): AllocationEvse => ({
  id,
  circuit: "main",
  phases,
  min_mA: milliamp(6000),
  max_mA: milliamp(32_000),
  step_mA: milliamp(1000),
  weight: 1,
  plugged_at_ms: epochMs(now_ms - HOUR_MS),
  charging_since_ms: null,
  attained_Wh: wattHour(0),
  needed_Wh: null,
  departure_ms: null,
  ...more,
});

const request = (circuits: readonly AllocationCircuit[], evses: readonly AllocationEvse[]): AllocationRequest => ({
  now_ms,
  policy: { share: "equal", per: "current", hold_ms: millisecond(HOUR_MS) },
  circuits,
  evses,
});

const current = (result: ReturnType<typeof allocate>, id: string): number | undefined =>
  result.grants.find((grant) => grant.evse === id)?.current_mA;

describe("sharing", () => {
  test("two cars on a 20 A circuit get 10 A each", () => {
    const result = allocate(
      request([circuit("main", null, 20)], [car("1", ["L1"]), car("2", ["L1"], { max_mA: milliamp(16_000) })]),
    );
    expect(result.grants.map((grant) => grant.current_mA)).toEqual([10_000, 10_000]);
  });

  test("cars that share what a limit from outside leaves are told that limit, not merely that they share", () => {
    const dimmed: AllocationCircuit = {
      ...circuit("main", null, 63),
      limit_W: watt(4_600),
      powerLimitedBy: { kind: "schedule", ref: "evening" },
    };
    const { grants } = allocate(request([dimmed], [car("1", ["L1"]), car("2", ["L2"])]));
    for (const { because, current_mA } of grants)
      expect(because.at(-1)).toEqual({ kind: "schedule", ref: "evening", before_mA: 20_000, after_mA: current_mA });
    expect(grants.map(({ current_mA }) => current_mA)).toEqual([10_000, 10_000]);
  });

  test("a car on another phase does not take anything from the others", () => {
    const result = allocate(
      request([circuit("main", null, 20)], [car("1", ["L1"]), car("2", ["L2"]), car("3", ["L1"])]),
    );
    expect([current(result, "1"), current(result, "2"), current(result, "3")]).toEqual([10_000, 20_000, 10_000]);
  });

  test("what one car cannot use goes to the others", () => {
    const result = allocate(
      request(
        [circuit("main", null, 40)],
        [car("1", ["L1"], { max_mA: milliamp(8000) }), car("2", ["L1"]), car("3", ["L1"])],
      ),
    );
    expect([current(result, "1"), current(result, "2"), current(result, "3")]).toEqual([8000, 16_000, 16_000]);
  });

  test("a child circuit binds before its parent does", () => {
    const result = allocate(
      request(
        [circuit("main", null, 100), circuit("a", "main", 20)],
        [car("1", ["L1"], { circuit: "a" }), car("2", ["L1"], { circuit: "a" }), car("3", ["L1"])],
      ),
    );
    expect([current(result, "1"), current(result, "2"), current(result, "3")]).toEqual([10_000, 10_000, 32_000]);
  });

  test("below 6 A nobody charges: the car that got least so far goes first and the other waits", () => {
    const result = allocate(
      request(
        [circuit("main", null, 10)],
        [car("1", ["L1"], { attained_Wh: wattHour(9000) }), car("2", ["L1"], { attained_Wh: wattHour(10) })],
      ),
    );
    expect([current(result, "1"), current(result, "2")]).toEqual([0, 10_000]);
    expect(result.queue).toEqual([
      {
        evse: "1",
        place: 1,
        because: [{ kind: "min_current", ref: "main", phase: "L1", before_mA: 6000, after_mA: 0 }],
      },
    ]);
  });

  test("a car within its hold is not paused for one that has less", () => {
    const result = allocate(
      request(
        [circuit("main", null, 10)],
        [
          car("1", ["L1"], { attained_Wh: wattHour(9000), charging_since_ms: epochMs(now_ms - 10_000) }),
          car("2", ["L1"]),
        ],
      ),
    );
    expect([current(result, "1"), current(result, "2")]).toEqual([10_000, 0]);
  });

  test("per energy gives a single-phase car three times the current of a three-phase car", () => {
    const both = [car("1", ["L1"]), car("3", ["L1", "L2", "L3"])];
    const result = allocate({
      ...request([circuit("main", null, 32)], both),
      policy: { share: "equal", per: "energy", hold_ms: millisecond(0) },
    });
    expect([current(result, "1"), current(result, "3")]).toEqual([24_000, 8000]);
  });

  test("who needs more by its departure gets it first, the rest is shared", () => {
    const inOneHour = epochMs(now_ms + HOUR_MS);
    const needy = car("1", ["L1"], { needed_Wh: wattHour(4600), departure_ms: inOneHour });
    const calm = car("2", ["L1"], { needed_Wh: wattHour(1400), departure_ms: inOneHour });
    const result = allocate({
      ...request([circuit("main", null, 28)], [needy, calm]),
      policy: { share: "need", per: "current", hold_ms: millisecond(0) },
    });
    expect([current(result, "1"), current(result, "2")]).toEqual([20_000, 8000]);
  });

  test("a power limit binds over all phases", () => {
    const capped = { ...circuit("main", null, 63), limit_W: watt(11_040) };
    expect(current(allocate(request([circuit("main", null, 63)], [car("1", ["L1", "L2", "L3"])])), "1")).toBe(32_000);
    expect(current(allocate(request([capped], [car("1", ["L1", "L2", "L3"])])), "1")).toBe(16_000);
  });

  test("a reserved box is not shared with, and its reserve is taken from the others", () => {
    const silent = car("1", ["L1"], { reserved: { current_mA: milliamp(6000), kind: "fallback" } });
    const result = allocate(request([circuit("main", null, 20)], [silent, car("2", ["L1"])]));
    expect([current(result, "1"), current(result, "2")]).toEqual([6000, 14_000]);
  });
});

const anyPhases = fc.constantFrom<readonly Phase[]>(["L1"], ["L2"], ["L3"], ["L1", "L2", "L3"], ["L1", "L2"]);
const anyCar = fc.record({
  circuit: fc.constantFrom("main", "a", "b", "aa"),
  phases: anyPhases,
  max_mA: fc.constantFrom(6000, 10_000, 16_000, 32_000).map(milliamp),
  step_mA: fc.constantFrom(0, 100, 1000).map(milliamp),
  weight: fc.constantFrom(1, 2, 5),
  attained_Wh: fc.integer({ min: 0, max: 50_000 }).map(wattHour),
  charging: fc.boolean(),
  bound_mA: fc.option(fc.integer({ min: 0, max: 32_000 }), { nil: null }),
  needed_Wh: fc.option(fc.integer({ min: 0, max: 60_000 }).map(wattHour), { nil: null }),
});
const anyLimit = fc
  .tuple(
    fc.integer({ min: 0, max: 125_000 }),
    fc.integer({ min: 0, max: 125_000 }),
    fc.integer({ min: 0, max: 125_000 }),
  )
  .map(([a, b, c]): PerPhase<ReturnType<typeof milliamp>> => [milliamp(a), milliamp(b), milliamp(c)]);
const anyRequest = fc
  .record({
    limits: fc.array(anyLimit, { minLength: 4, maxLength: 4 }),
    others: fc.array(anyLimit, { minLength: 4, maxLength: 4 }),
    cars: fc.array(anyCar, { maxLength: 24 }),
    share: fc.constantFrom("need" as const, "equal" as const),
    per: fc.constantFrom("current" as const, "energy" as const),
  })
  .map(({ limits, others, cars, share, per }): AllocationRequest => {
    const tree: readonly (readonly [string, string | null])[] = [
      ["main", null],
      ["a", "main"],
      ["b", "main"],
      ["aa", "a"],
    ];
    const none = amps(0, 0, 0);
    return {
      now_ms,
      policy: { share, per, hold_ms: millisecond(HOUR_MS) },
      circuits: tree.map(([id, parent], index) => ({
        id,
        parent,
        limit_mA: limits[index] ?? none,
        otherLoad_mA: others[index] ?? none,
      })),
      evses: cars.map(({ charging, bound_mA, ...rest }, index) =>
        car(`P${String(index)}`, rest.phases, {
          ...rest,
          charging_since_ms: charging ? epochMs(now_ms - 60_000) : null,
          departure_ms: rest.needed_Wh === null ? null : epochMs(now_ms + HOUR_MS),
          bounds: bound_mA === null ? [] : [{ max_mA: milliamp(bound_mA), kind: "vehicle", ref: `P${String(index)}` }],
        }),
      ),
    };
  });

const parents: Readonly<Record<string, readonly string[]>> = {
  main: ["main"],
  a: ["a", "main"],
  b: ["b", "main"],
  aa: ["aa", "a", "main"],
};
const RUNS = 2000;

describe("always", () => {
  test("no phase of any circuit is handed more than it has, and nobody is offered less than the minimum", () => {
    fc.assert(
      fc.property(anyRequest, (asked) => {
        const result = allocate(asked);
        for (const one of asked.circuits)
          for (const phase of PHASES) {
            const has = Math.max(0, onPhase(one.limit_mA, phase) - onPhase(one.otherLoad_mA, phase));
            const given = asked.evses
              .filter((evse) => parents[evse.circuit]?.includes(one.id) === true && evse.phases.includes(phase))
              .reduce((sum, evse) => sum + (current(result, evse.id) ?? 0), 0);
            expect(given).toBeLessThanOrEqual(has);
          }
        for (const evse of asked.evses) {
          const granted = current(result, evse.id) ?? -1;
          expect(granted === 0 || (granted >= evse.min_mA && granted <= evse.max_mA)).toBe(true);
        }
      }),
      { numRuns: RUNS },
    );
  });

  test("each ladder is a chain of numbers that ends at the grant", () => {
    fc.assert(
      fc.property(anyRequest, (asked) => {
        for (const grant of allocate(asked).grants) {
          grant.because.forEach((rung, index) => {
            const above = grant.because[index - 1];
            if (above !== undefined) expect(rung.before_mA).toBe(above.after_mA);
          });
          expect(grant.because.at(-1)?.after_mA).toBe(grant.current_mA);
        }
      }),
      { numRuns: RUNS },
    );
  });

  test("whoever gets less than it could use stands at a full row where nobody has more than its fair share", () => {
    fc.assert(
      fc.property(anyRequest, (raw) => {
        // Without steps and needs the answer is the weighted max-min vector to the milliampere, so the certificate is exact.
        const asked: AllocationRequest = {
          ...raw,
          policy: { ...raw.policy, share: "equal", per: "current" },
          evses: raw.evses.map((evse) => ({ ...evse, step_mA: milliamp(0), weight: 1 })),
        };
        const result = allocate(asked);
        for (const evse of asked.evses) {
          const mine = current(result, evse.id) ?? 0;
          const ceiling = Math.min(evse.max_mA, ...(evse.bounds ?? []).map((bound) => bound.max_mA));
          if (mine === 0 || mine >= ceiling - 1) continue;
          const bottleneck = (parents[evse.circuit] ?? []).some((id) =>
            evse.phases.some((phase) => {
              const row = asked.circuits.find((one) => one.id === id);
              if (row === undefined) return false;
              const sharers = asked.evses.filter(
                (one) => parents[one.circuit]?.includes(id) === true && one.phases.includes(phase),
              );
              const given = sharers.reduce((sum, one) => sum + (current(result, one.id) ?? 0), 0);
              const full = onPhase(row.limit_mA, phase) - onPhase(row.otherLoad_mA, phase) - given <= sharers.length;
              const nobodyHasMore = sharers.every(
                (one) => (current(result, one.id) ?? 0) <= Math.max(mine, one.min_mA) + 1,
              );
              return full && nobodyHasMore;
            }),
          );
          expect(bottleneck).toBe(true);
        }
      }),
      { numRuns: RUNS },
    );
  });

  test("the order in which chargers are listed changes nothing", () => {
    fc.assert(
      fc.property(anyRequest, (asked) => {
        const backwards = allocate({ ...asked, evses: [...asked.evses].reverse() });
        for (const grant of allocate(asked).grants) expect(current(backwards, grant.evse)).toBe(grant.current_mA);
      }),
      { numRuns: 500 },
    );
  });
});
