import fc from "fast-check";
import type { AllocationCircuit, AllocationEvse, AllocationRequest, Policy } from "../../src/core/balancing/index.ts";
import { epochMs, milliamp, millisecond, watt, wattHour } from "../../src/core/units/index.ts";
import type { PerPhase, Phase } from "../../src/core/units/index.ts";

export const HOUR_MS = 3_600_000;
export const NOW_MS = epochMs(1_760_000_000_000);

type Amps = ReturnType<typeof milliamp>;
export const amps = (l1: number, l2 = l1, l3 = l1): PerPhase<Amps> => [
  milliamp(Math.round(l1 * 1000)),
  milliamp(Math.round(l2 * 1000)),
  milliamp(Math.round(l3 * 1000)),
];

export const circuit = (
  id: string,
  parent: string | null,
  limit_A: number,
  more: Partial<AllocationCircuit> = {},
): AllocationCircuit => ({ id, parent, limit_mA: amps(limit_A), otherLoad_mA: amps(0), ...more });

export const car = (id: string, phases: readonly Phase[], more: Partial<AllocationEvse> = {}): AllocationEvse => ({
  id,
  circuit: "main",
  phases,
  min_mA: milliamp(6000),
  max_mA: milliamp(32_000),
  step_mA: milliamp(1000),
  weight: 1,
  plugged_at_ms: epochMs(NOW_MS - HOUR_MS / 2),
  charging_since_ms: null,
  attained_Wh: wattHour(0),
  needed_Wh: null,
  departure_ms: null,
  ...more,
});

export const FAIR: Policy = { share: "equal", per: "current", hold_ms: millisecond(HOUR_MS) };
export const NEED: Policy = { ...FAIR, share: "need" };

export const request = (
  circuits: readonly AllocationCircuit[],
  evses: readonly AllocationEvse[],
  policy: Policy = FAIR,
): AllocationRequest => ({ now_ms: NOW_MS, policy, circuits, evses });

export const currents = (
  result: { readonly grants: readonly { readonly evse: string; readonly current_mA: number }[] },
  ...ids: readonly string[]
): readonly (number | undefined)[] => ids.map((id) => result.grants.find((grant) => grant.evse === id)?.current_mA);

const anyAmps = (max_A: number): fc.Arbitrary<PerPhase<Amps>> => {
  const one = fc.integer({ min: 0, max: max_A * 1000 }).map(milliamp);
  return fc.tuple(one, one, one);
};

/** A tree of up to six circuits: each hangs on one that came before it. */
export const anyTree = (options: { readonly limit_A: number; readonly other_A: number }) =>
  fc
    .array(fc.record({ on: fc.nat(), limit_mA: anyAmps(options.limit_A), otherLoad_mA: anyAmps(options.other_A) }), {
      minLength: 1,
      maxLength: 6,
    })
    .map((drawn): readonly AllocationCircuit[] =>
      drawn.map(({ on, ...rest }, index) => ({
        id: `c${String(index)}`,
        parent: index === 0 ? null : `c${String(on % index)}`,
        ...rest,
      })),
    );

export const anyPhases = fc.constantFrom<readonly Phase[]>(["L1"], ["L2"], ["L3"], ["L1", "L2", "L3"], ["L2", "L3"]);

/** Cars on a tree of `size` circuits; `step_mA` 0 and `min_mA` 0 give the ideal, continuous model. */
export const anyCars = (
  circuits: number,
  options: { readonly max: number; readonly step_mA?: number; readonly min_mA?: number },
): fc.Arbitrary<readonly AllocationEvse[]> =>
  fc
    .array(
      fc.record({
        on: fc.nat({ max: circuits - 1 }),
        phases: anyPhases,
        max_mA: fc.constantFrom(10_000, 13_000, 16_000, 20_000, 32_000).map(milliamp),
        weight: fc.constantFrom(1, 1, 2, 5),
        attained_Wh: fc.integer({ min: 0, max: 30_000 }).map(wattHour),
        needed_Wh: fc.option(fc.integer({ min: 0, max: 60_000 }).map(wattHour), { nil: null }),
        stay_h: fc.integer({ min: 1, max: 12 }),
        waited_min: fc.integer({ min: 0, max: 300 }),
        charging: fc.boolean(),
        priorityClass: fc.constantFrom(0, 0, 1, 2),
      }),
      { minLength: 1, maxLength: options.max },
    )
    .map((drawn) =>
      drawn.map(({ on, stay_h, waited_min, charging, ...rest }, index) =>
        car(`P${String(index)}`, rest.phases, {
          ...rest,
          circuit: `c${String(on)}`,
          min_mA: milliamp(options.min_mA ?? 6000),
          step_mA: milliamp(options.step_mA ?? 1000),
          plugged_at_ms: epochMs(NOW_MS - waited_min * 60_000),
          charging_since_ms: charging ? epochMs(NOW_MS - Math.floor(waited_min / 2) * 60_000) : null,
          departure_ms: rest.needed_Wh === null ? null : epochMs(NOW_MS + stay_h * HOUR_MS),
        }),
      ),
    );

const anyPolicy = fc.record({
  share: fc.constantFrom("need" as const, "equal" as const),
  per: fc.constantFrom("current" as const, "energy" as const),
  hold_ms: fc.constantFrom(0, HOUR_MS).map(millisecond),
  order: fc.constantFrom("fair" as const, "first-come" as const, "priority" as const, "departure" as const),
});

/** Everything a request can hold: delta systems, power limits, balance, policies of circuits, silent boxes. */
export const anyRequest: fc.Arbitrary<AllocationRequest> = anyTree({ limit_A: 125, other_A: 80 }).chain((tree) =>
  fc
    .record({
      cars: anyCars(tree.length, { max: 24 }),
      delta: fc.boolean(),
      limits_W: fc.array(fc.option(fc.integer({ min: 0, max: 80_000 }).map(watt), { nil: null }), {
        minLength: tree.length,
        maxLength: tree.length,
      }),
      unbalance_mA: fc.option(fc.integer({ min: 0, max: 30_000 }).map(milliamp), { nil: null }),
      policy: anyPolicy,
      own: fc.option(anyPolicy, { nil: null }),
      ownAt: fc.nat({ max: tree.length - 1 }),
      reserved: fc.array(fc.constantFrom(null, null, null, 6000, 20_000), { minLength: 24, maxLength: 24 }),
      finished: fc.array(fc.constantFrom(false, false, false, true), { minLength: 24, maxLength: 24 }),
      skewed: fc.boolean(),
    })
    .map(({ cars, delta, limits_W, unbalance_mA, policy, own, ownAt, reserved, finished, skewed }) => ({
      now_ms: NOW_MS,
      policy,
      usage: { overload: null, skewed },
      circuits: tree.map((one, index) => ({
        ...one,
        limit_W: limits_W[index] ?? null,
        ...(delta ? { system: "delta" as const } : {}),
        ...(index === 0 && !delta ? { unbalance_mA } : {}),
        ...(own !== null && index === ownAt ? { policy: own } : {}),
      })),
      evses: cars.map((one, index) => {
        const kept = reserved[index] ?? null;
        const twoLines = delta && one.phases.length === 1 ? { phases: ["L1", "L2"] as const } : {};
        return {
          ...one,
          ...twoLines,
          ...(kept === null
            ? { finished: finished[index] === true }
            : { reserved: { current_mA: milliamp(kept), kind: "fallback" as const } }),
        };
      }),
    })),
);
