import { describe, expect, test } from "vitest";
import { allocate } from "../../src/core/balancing/index.ts";
import { milliamp, watt } from "../../src/core/units/index.ts";
import { amps, car, circuit, currents, FAIR, NEED, request } from "./requests.ts";

const FIRST_COME = { ...FAIR, order: "first-come" as const };
const PRIORITY = { ...NEED, order: "priority" as const };

describe("a circuit with a rule of its own", () => {
  test("who waits below it is told which circuit above is full, not the one that has room", () => {
    const tree = [circuit("main", null, 16), circuit("garage", "main", 63, { policy: FIRST_COME })];
    const cars = ["1", "2", "3"].map((id) => car(id, ["L1"], { circuit: "garage" }));
    const { queue } = allocate(request(tree, cars));
    expect(queue).not.toHaveLength(0);
    for (const { because } of queue)
      expect(because).toEqual([{ kind: "min_current", ref: "main", phase: "L1", before_mA: 6000, after_mA: 0 }]);
  });

  test("its cars are told its own limit where that is what is full, not a share of a circuit above that has room", () => {
    const own = { policy: { ...FIRST_COME, order: "priority" as const } };
    const dimmed = { limitedBy: { kind: "grid_signal" as const, ref: "dim" } };
    const cars = ["1", "2"].map((id) => car(id, ["L1"], { circuit: "garage" }));
    const ladder = (more: object): unknown => {
      const { grants } = allocate(request([circuit("main", null, 63), circuit("garage", "main", 16, more)], cars));
      return grants[0]?.because.slice(1).map(({ kind, ref, after_mA }) => [kind, ref, after_mA]);
    };
    expect(ladder(own)).toEqual([
      ["circuit_phase", "garage", 16_000],
      ["policy_share", "garage", 8_000],
    ]);
    expect(ladder({ ...own, ...dimmed })).toEqual(ladder(dimmed));
    expect(ladder(dimmed)).toEqual([
      ["grid_signal", "dim", 16_000],
      ["grid_signal", "dim", 8_000],
    ]);
  });

  test("a car on three lines is told which of them is full, not one that has only what the car took", () => {
    const main = circuit("main", null, 63, { limit_mA: [milliamp(63_000), milliamp(63_000), milliamp(20_000)] });
    const garage = circuit("garage", "main", 63, { policy: { ...FIRST_COME, order: "priority" } });
    const below = { circuit: "garage" };
    const { grants } = allocate(
      request([main, garage], [car("1", ["L1", "L2", "L3"], below), car("2", ["L1"], below)]),
    );
    expect(grants[0]?.because.at(-1)).toEqual({
      kind: "policy_share",
      ref: "main",
      phase: "L3",
      before_mA: 32_000,
      after_mA: 20_000,
    });
  });

  test("and a power limit above it is named as one", () => {
    const main = circuit("main", null, 63, { limit_W: watt(3680) });
    const tree = [main, circuit("garage", "main", 63, { policy: FIRST_COME })];
    const cars = ["1", "2", "3"].map((id) => car(id, ["L1"], { circuit: "garage" }));
    const { queue } = allocate(request(tree, cars));
    expect(queue[0]?.because).toEqual([{ kind: "min_current", ref: "main", before_mA: 6000, after_mA: 0 }]);
  });

  test("does not put the circuits above it out of balance", () => {
    const main = circuit("main", null, 30, { unbalance_mA: milliamp(2000) });
    const tree = [main, circuit("garage", "main", 30, { policy: FIRST_COME })];
    // Three share the 30 A of L1; served one after the other two of them take 26 A and the third finds too little.
    const small = ["1", "2", "3"].map((id) => car(id, ["L1"], { circuit: "garage", max_mA: milliamp(13_000) }));
    const large = (["L2", "L3"] as const).map((phase) => car(phase, [phase], { circuit: "garage" }));
    const result = allocate(request(tree, [...small, ...large]));
    expect(result.circuits[0]?.granted_mA).toEqual([26_000, 28_000, 28_000]);
    expect(result.grants.at(-1)?.because.at(-1)).toMatchObject({ kind: "asymmetry", ref: "main", after_mA: 28_000 });
  });

  test("has the say for the whole site when it is the main one", () => {
    const cars = [car("1", ["L1"]), car("2", ["L1"]), car("3", ["L1", "L2", "L3"])];
    const own = allocate(request([circuit("main", null, 40, { policy: FIRST_COME })], cars, NEED));
    const whole = allocate(request([circuit("main", null, 40)], cars, FIRST_COME));
    expect(own).toEqual(whole);
    expect(currents(own, "1", "2", "3")).toEqual([32_000, 8000, 0]);
  });

  test("does not change what a delta system above it carries", () => {
    const delta = circuit("main", null, 0, { system: "delta", limit_mA: amps(20) });
    const garage = circuit("garage", "main", 100, { policy: PRIORITY });
    const below = { circuit: "garage" };
    const cars = [
      car("ab", ["L1", "L2"], below),
      car("bc", ["L2", "L3"], below),
      car("ca", ["L3", "L1"], below),
      car("three", ["L1", "L2", "L3"], { ...below, priorityClass: 2 }),
    ];
    const { circuits } = allocate(request([delta, garage], cars));
    for (const line_mA of circuits[0]?.granted_mA ?? []) expect(line_mA).toBeLessThanOrEqual(20_000);
  });
});
