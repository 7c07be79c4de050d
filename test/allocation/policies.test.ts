import { describe, expect, test } from "vitest";
import { allocate } from "../../src/core/balancing/index.ts";
import type { AllocationEvse, Policy } from "../../src/core/balancing/index.ts";
import { epochMs, milliamp, millisecond, watt, wattHour } from "../../src/core/units/index.ts";
import { amps, car, circuit, currents, FAIR, HOUR_MS, NEED, NOW_MS, request } from "./requests.ts";

const ago = (minutes: number) => epochMs(NOW_MS - minutes * 60_000);
const leavesIn = (hours: number, needed_Wh: number): Partial<AllocationEvse> => ({
  departure_ms: epochMs(NOW_MS + hours * HOUR_MS),
  needed_Wh: wattHour(needed_Wh),
});

describe("orders of service", () => {
  const main = [circuit("main", null, 40)];

  test("first come: each takes all it can, and who finds less than the minimum waits", () => {
    const cars = [
      car("late", ["L1"], { plugged_at_ms: ago(1) }),
      car("early", ["L1"], { plugged_at_ms: ago(30) }),
      car("last", ["L1"], { plugged_at_ms: ago(0) }),
    ];
    const result = allocate(request(main, cars, { ...FAIR, order: "first-come" }));
    expect(currents(result, "early", "late", "last")).toEqual([32_000, 8000, 0]);
    expect(result.queue.map(({ evse }) => evse)).toEqual(["last"]);
  });

  test("priority: a class has all it can use before the next one gets more than its minimum", () => {
    const cars = [car("guest", ["L1"]), car("taxi", ["L1"], { priorityClass: 2 })];
    expect(currents(allocate(request(main, cars, { ...FAIR, order: "priority" })), "taxi", "guest")).toEqual([
      32_000, 8000,
    ]);
  });

  test("priority: where one minimum fits, the higher class has it, unless the other one is within its hold", () => {
    const short = [circuit("main", null, 10)];
    const waiting = car("taxi", ["L1"], { priorityClass: 1 });
    const idle = request(short, [car("guest", ["L1"]), waiting], { ...FAIR, order: "priority" });
    expect(currents(allocate(idle), "taxi", "guest")).toEqual([10_000, 0]);
    const running = request(short, [car("guest", ["L1"], { charging_since_ms: ago(5) }), waiting], idle.policy);
    expect(currents(allocate(running), "taxi", "guest")).toEqual([0, 10_000]);
  });

  test("departure: who leaves first has its required current first, the rest is shared", () => {
    const cars = [
      car("evening", ["L1"], leavesIn(8, 40_000)),
      car("soon", ["L1"], leavesIn(1, 6900)),
      car("unknown", ["L1"]),
    ];
    const result = allocate(request([circuit("main", null, 46)], cars, { ...NEED, order: "departure" }));
    // soon: 6900 Wh in one hour are 30 A; evening would need 21.7 A and takes what is left above everybody's minimum.
    expect(currents(result, "soon", "evening", "unknown")).toEqual([30_000, 10_000, 6000]);
  });
});

describe("a car that is finished", () => {
  const finished = (id: string, more: Partial<AllocationEvse> = {}): AllocationEvse =>
    car(id, ["L1"], { finished: true, max_mA: milliamp(6000), ...more });

  test("has its minimum only where nobody else could use it, whoever came first and whatever the policy", () => {
    const old = finished("old", { plugged_at_ms: ago(600) });
    const orders = ["fair", "first-come", "priority", "departure"] as const;
    for (const policy of [FAIR, NEED].flatMap((one) => orders.map((order): Policy => ({ ...one, order })))) {
      const asked = (limit_A: number) => request([circuit("main", null, limit_A)], [old, car("other", ["L1"])], policy);
      expect(currents(allocate(asked(37)), "old", "other")).toEqual([0, 32_000]);
      expect(currents(allocate(asked(38)), "old", "other")).toEqual([6000, 32_000]);
    }
  });

  test("waits in no queue, and its grant says what is in the way", () => {
    const result = allocate(request([circuit("main", null, 8)], [finished("old"), car("other", ["L1"])]));
    expect(result.queue).toEqual([]);
    expect(result.grants[0]?.because.at(-1)).toMatchObject({ kind: "min_current", ref: "main", after_mA: 0 });
  });

  test("never lowers anybody for the sake of balance", () => {
    const main = circuit("main", null, 63, { unbalance_mA: milliamp(20_000) });
    const other = car("other", ["L1"]);
    const alone = allocate(request([main], [other]));
    const both = allocate(request([main], [finished("old"), other]));
    expect(currents(alone, "other")).toEqual([20_000]);
    expect(currents(both, "old", "other")).toEqual([0, 20_000]);
    expect(both.grants[0]?.because.at(-1)).toMatchObject({ kind: "asymmetry", after_mA: 0 });
    const onAnother = allocate(request([main], [{ ...finished("old"), phases: ["L2"] }, other]));
    expect(currents(onAnother, "old", "other")).toEqual([6000, 20_000]);
  });

  test("has whole milliamperes also where its box knows no steps and power is what is short", () => {
    const main = circuit("main", null, 63, { limit_W: watt(5_000) });
    const old = finished("old", { phases: ["L1", "L2", "L3"], max_mA: milliamp(10_000), step_mA: milliamp(0) });
    expect(currents(allocate(request([main], [old])), "old")).toEqual([7246]);
  });

  test("is shown more than its minimum where there is more, on its steps", () => {
    const shown = finished("shown", { max_mA: milliamp(10_000) });
    const asked = (limit_A: number) => request([circuit("main", null, limit_A)], [shown, car("other", ["L1"])]);
    expect(currents(allocate(asked(40.5)), "shown", "other")).toEqual([8000, 32_000]);
    expect(currents(allocate(asked(60)), "shown", "other")).toEqual([10_000, 32_000]);
  });
});

describe("admission", () => {
  const one = [circuit("main", null, 8)];

  test("a car that waited an hour for nothing goes before one that had more than it, but not before one in its hold", () => {
    const starving = car("starving", ["L1"], { plugged_at_ms: ago(61) });
    const urgent = car("urgent", ["L1"], { ...leavesIn(1, 30_000), attained_Wh: wattHour(6000) });
    expect(currents(allocate(request(one, [urgent, starving], NEED)), "starving", "urgent")).toEqual([8000, 0]);
    const held = { ...urgent, charging_since_ms: ago(10) };
    expect(currents(allocate(request(one, [held, starving], NEED)), "starving", "urgent")).toEqual([0, 8000]);
  });

  test("a car that never wakes up again is not paused even after its hold", () => {
    const old = car("old", ["L1"], { charging_since_ms: ago(300), attained_Wh: wattHour(20_000), neverPause: true });
    const fresh = car("fresh", ["L1"]);
    expect(currents(allocate(request(one, [old, fresh])), "old", "fresh")).toEqual([8000, 0]);
    const usual = { ...old, neverPause: false };
    expect(currents(allocate(request(one, [usual, fresh])), "old", "fresh")).toEqual([0, 8000]);
  });

  test("the higher required rate goes first; in an extreme shortage the one that got least", () => {
    const urgent = car("urgent", ["L1"], { ...leavesIn(1, 30_000), attained_Wh: wattHour(3000) });
    const calm = car("calm", ["L1"], { ...leavesIn(12, 30_000), attained_Wh: wattHour(1000) });
    const asked = request(one, [urgent, calm], NEED);
    expect(currents(allocate(asked), "urgent", "calm")).toEqual([8000, 0]);
    const extreme = { ...asked, usage: { overload: 7, skewed: false } };
    expect(currents(allocate(extreme), "urgent", "calm")).toEqual([0, 8000]);
  });

  test("on a skewed site the car that also uses idle phases goes first", () => {
    const single = car("single", ["L1"], { attained_Wh: wattHour(1000) });
    const triple = car("triple", ["L1", "L2", "L3"], { attained_Wh: wattHour(4000) });
    const asked = request(one, [single, triple]);
    expect(currents(allocate(asked), "single", "triple")).toEqual([8000, 0]);
    expect(currents(allocate({ ...asked, usage: { overload: null, skewed: true } }), "single", "triple")).toEqual([
      0, 8000,
    ]);
  });
});

describe("delta systems", () => {
  const delta = circuit("main", null, 20, { system: "delta" });

  test("two loads that share a line at 60 degrees leave each other more than half", () => {
    const cars = [car("ab", ["L1", "L2"], { step_mA: milliamp(0) }), car("ca", ["L3", "L1"], { step_mA: milliamp(0) })];
    // √(x² + x² + x²) = 20 A
    expect(currents(allocate(request([delta], cars)), "ab", "ca")).toEqual([11_547, 11_547]);
  });

  test("a three-phase car loads each line with √3 of its current", () => {
    const result = allocate(request([delta], [car("abc", ["L1", "L2", "L3"], { step_mA: milliamp(0) })]));
    expect(currents(result, "abc")).toEqual([11_547]);
    expect(result.circuits[0]?.granted_mA).toEqual([20_000, 20_000, 20_000]);
  });
});

describe("balance of phases", () => {
  const DE_MA = milliamp(20_000);

  test("a single-phase car is lowered until its phase is no more than 20 A above the least loaded one", () => {
    const main = circuit("main", null, 63, { unbalance_mA: DE_MA });
    const result = allocate(request([main], [car("1", ["L1"])]));
    expect(currents(result, "1")).toEqual([20_000]);
    expect(result.grants[0]?.because.at(-1)).toMatchObject({ kind: "asymmetry", ref: "main", after_mA: 20_000 });
  });

  test("three-phase cars and loads of the building on the other phases give it room", () => {
    const main = circuit("main", null, 63, { unbalance_mA: DE_MA, otherLoad_mA: amps(0, 6, 6) });
    const cars = [car("1", ["L1"]), car("3", ["L1", "L2", "L3"], { max_mA: milliamp(16_000) })];
    expect(currents(allocate(request([main], cars)), "1", "3")).toEqual([26_000, 16_000]);
  });

  test("where the building alone breaks it, a car on its highest phase waits and says why", () => {
    const main = circuit("main", null, 63, { unbalance_mA: DE_MA, otherLoad_mA: amps(30, 5, 5) });
    const result = allocate(request([main], [car("1", ["L1"]), car("2", ["L2"])]));
    expect(currents(result, "1")).toEqual([0]);
    expect(result.queue).toMatchObject([{ evse: "1", place: 1, because: [{ kind: "asymmetry", phase: "L1" }] }]);
  });
});

describe("a circuit with a policy of its own", () => {
  const firstCome: Policy = { share: "equal", per: "current", hold_ms: millisecond(0), order: "first-come" };

  test("shares what it got in its own way, and the others keep theirs", () => {
    const circuits = [
      circuit("main", null, 60),
      circuit("hotel", "main", 63, { policy: firstCome }),
      circuit("staff", "main", 63),
    ];
    const cars = [
      car("h1", ["L1"], { circuit: "hotel", plugged_at_ms: ago(50) }),
      car("h2", ["L1"], { circuit: "hotel", plugged_at_ms: ago(10) }),
      car("s1", ["L1"], { circuit: "staff" }),
      car("s2", ["L1"], { circuit: "staff" }),
    ];
    const result = allocate(request(circuits, cars));
    expect(currents(result, "h1", "h2", "s1", "s2")).toEqual([30_000, 0, 15_000, 15_000]);
    expect(result.queue).toMatchObject([{ evse: "h2", place: 1 }]);
    expect(result.grants.find(({ evse }) => evse === "h1")?.because).toMatchObject([
      { kind: "evse_max" },
      { kind: "policy_share", ref: "main", phase: "L1", after_mA: 30_000 },
    ]);
    expect(result.circuits[1]?.granted_mA).toEqual(amps(30, 0, 0));
  });
});

test("a limit from outside is named as what it is", () => {
  const dimmed = circuit("main", null, 10, { limitedBy: { kind: "grid_signal", ref: "dso" } });
  const result = allocate(request([dimmed], [car("1", ["L1"], { max_mA: milliamp(16_000) })]));
  expect(result.grants[0]?.because.at(-1)).toEqual({
    kind: "grid_signal",
    ref: "dso",
    phase: "L1",
    before_mA: 16_000,
    after_mA: 10_000,
  });
});
