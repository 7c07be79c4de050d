import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocate } from "../../src/core/balancing/index.ts";
import type { Allocation, AllocationRequest } from "../../src/core/balancing/index.ts";
import { epochMs, milliamp, PHASES } from "../../src/core/units/index.ts";
import { anyRequest, car, circuit, currents, FAIR, NOW_MS, request } from "./requests.ts";

const FIRST_COME = { ...FAIR, order: "first-come" as const };
const limited = (limit_A: number) => milliamp(limit_A * 1000);

function isBelow(circuits: AllocationRequest["circuits"], at: string | null, id: string): boolean {
  if (at === null || at === id) return at === id;
  return isBelow(circuits, circuits.find((one) => one.id === at)?.parent ?? null, id);
}

/** What lies on each line of a circuit, with its other load and without: [L1, L2, L3] in mA. */
function linesOf({ circuits, evses }: AllocationRequest, { grants }: Allocation, id: string): readonly number[] {
  const other = circuits.find((one) => one.id === id)?.otherLoad_mA ?? [0, 0, 0];
  return PHASES.map((phase, line) =>
    evses.reduce((sum, { circuit: at, phases }, index) => {
      const loads = isBelow(circuits, at, id) && phases.includes(phase);
      return loads ? sum + (grants[index]?.current_mA ?? 0) : sum;
    }, other[line] ?? 0),
  );
}

describe("a circuit that may not be out of balance", () => {
  test("what the balance takes from cars on one phase goes to a car on all three", () => {
    const main = circuit("main", null, 63, { unbalance_mA: limited(20) });
    const cars = [car("1", ["L1"]), car("2", ["L1"]), car("3", ["L1", "L2", "L3"])];
    const result = allocate(request([main], cars));
    expect(currents(result, "1", "2", "3")).toEqual([10_000, 10_000, 32_000]);
    expect(result.grants[0]?.because.at(-1)).toMatchObject({ kind: "asymmetry", ref: "main", after_mA: 10_000 });
    expect(result.grants[2]?.because).toEqual([{ kind: "evse_max", ref: "3", before_mA: 63_000, after_mA: 32_000 }]);
  });

  test("a car that waits for its minimum has it when the balance stops another one", () => {
    const main = circuit("main", null, 11, { unbalance_mA: limited(5) });
    const cars = [car("1", ["L1"]), car("2", ["L1", "L2", "L3"], { plugged_at_ms: request([], []).now_ms })];
    const result = allocate(request([main], cars));
    expect(currents(result, "1", "2")).toEqual([0, 11_000]);
    expect(result.queue).toEqual([
      {
        evse: "1",
        place: 1,
        because: [{ kind: "asymmetry", ref: "main", phase: "L1", before_mA: 6000, after_mA: 0 }],
      },
    ]);
  });

  test("is balanced even when mending the one below puts it out again", () => {
    const main = circuit("main", null, 63, { unbalance_mA: limited(5) });
    const garage = circuit("garage", "main", 63, { unbalance_mA: limited(0) });
    const cars = [car("1", ["L1"], { circuit: "garage" }), car("2", ["L2"]), car("3", ["L3"])];
    const result = allocate(request([main, garage], cars));
    expect(currents(result, "1", "2", "3")).toEqual([0, 0, 0]);
  });

  test("nobody who would charge is stopped for giving others what the balance took", () => {
    const main = circuit("main", null, 32, { unbalance_mA: limited(10) });
    const narrow = circuit("narrow", "main", 14.4);
    const minute = (count: number) => epochMs(NOW_MS - count * 60_000);
    const cars = [
      car("1", ["L3"], { weight: 5, plugged_at_ms: minute(4), max_mA: milliamp(25_000) }),
      car("2", ["L3", "L1"], {
        circuit: "narrow",
        weight: 5,
        plugged_at_ms: minute(2),
        min_mA: milliamp(13_000),
        max_mA: milliamp(13_000),
      }),
      car("3", ["L1", "L2", "L3"], {
        weight: 2,
        plugged_at_ms: minute(3),
        min_mA: milliamp(8000),
        max_mA: milliamp(16_000),
      }),
      car("4", ["L3"], { weight: 5, plugged_at_ms: minute(5), max_mA: milliamp(63_000), step_mA: milliamp(6000) }),
    ];
    const { grants } = allocate(request([main, narrow], cars, { ...FAIR, per: "energy" }));
    expect(grants.filter(({ current_mA }) => current_mA > 0)).toHaveLength(2);
  });

  test("whatever hangs below, whoever could be lowered is", () => {
    fc.assert(
      fc.property(anyRequest, fc.integer({ min: 0, max: 20 }), (asked, limit_A) => {
        const circuits = asked.circuits.map((one, index) =>
          index < 2 && one.system !== "delta"
            ? { ...one, unbalance_mA: limited(limit_A), policy: index === 1 ? FIRST_COME : FAIR }
            : one,
        );
        const whole = { ...asked, circuits };
        const result = allocate(whole);
        for (const { id, unbalance_mA = null } of circuits) {
          if (unbalance_mA === null) continue;
          const lines = linesOf(whole, result, id);
          const least = Math.min(...lines);
          const above = PHASES.filter((_, line) => (lines[line] ?? 0) - least > unbalance_mA);
          const lowerable = whole.evses.filter(({ id: evse, circuit: at, phases, reserved }) => {
            const granted = result.grants.find((grant) => grant.evse === evse)?.current_mA ?? 0;
            const isOn = isBelow(circuits, at, id) && above.some((phase) => phases.includes(phase));
            return isOn && !reserved && granted > 0 && phases.length < 3;
          });
          expect(lowerable.map((evse) => evse.id)).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });
});

test("a finished car that ends at its box's step is not told that a full circuit did it", () => {
  const odd = car("1", ["L1"], { finished: true, min_mA: milliamp(8000), max_mA: milliamp(16_500) });
  const { grants } = allocate(request([circuit("main", null, 100)], [odd], FAIR));
  expect(grants[0]?.because).toEqual([
    { kind: "evse_max", ref: "1", before_mA: 100_000, after_mA: 16_500 },
    { kind: "step_round", ref: "1", before_mA: 16_500, after_mA: 16_000 },
  ]);
});
