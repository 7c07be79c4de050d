import { describe, expect, test } from "vitest";
import { epochMs, milliamp, millisecond, wattHour } from "../units/index.ts";
import type { EpochMs } from "../units/index.ts";
import { allocate } from "./allocate.ts";
import { expectedTurns } from "./queue-turn.ts";
import type { AllocationEvse, AllocationRequest, Policy } from "./types.ts";

const NOW_MS = epochMs(1_760_000_000_000);
const MINUTE_MS = 60_000;
const inMinutes = (minutes: number): EpochMs => epochMs(NOW_MS + minutes * MINUTE_MS);

const car = (id: string, more: Partial<AllocationEvse> = {}): AllocationEvse => ({
  id,
  circuit: "main",
  phases: ["L1"],
  min_mA: milliamp(6_000),
  max_mA: milliamp(10_000),
  step_mA: milliamp(1_000),
  weight: 1,
  plugged_at_ms: inMinutes(-5),
  charging_since_ms: null,
  attained_Wh: wattHour(0),
  needed_Wh: null,
  departure_ms: null,
  ...more,
});

const EQUAL: Policy = { share: "equal", per: "current", hold_ms: millisecond(60 * MINUTE_MS) };
const FIRST_COME: Policy = { ...EQUAL, order: "first-come" };

/** One phase of 10 A: one car charges, the others wait. */
const site = (evses: readonly AllocationEvse[], policy = EQUAL): AllocationRequest => ({
  now_ms: NOW_MS,
  policy,
  voltage_V: 230,
  circuits: [
    {
      id: "main",
      parent: null,
      limit_mA: [milliamp(10_000), milliamp(10_000), milliamp(10_000)],
      otherLoad_mA: [milliamp(0), milliamp(0), milliamp(0)],
    },
  ],
  evses,
});
const turnsOf = (request: AllocationRequest) => Object.fromEntries(expectedTurns(request, allocate(request)));

/** Has charged for 20 minutes and is not yet due to step back. */
const running = (more: Partial<AllocationEvse> = {}): AllocationEvse =>
  car("P01", {
    plugged_at_ms: inMinutes(-20),
    charging_since_ms: inMinutes(-20),
    attained_Wh: wattHour(766),
    ...more,
  });

describe("a waiting car's turn comes", () => {
  test("when the running car's hold of an hour ends", () => {
    expect(turnsOf(site([running(), car("P02")]))).toEqual({
      P02: { expected_at_ms: inMinutes(40), kind: "hold", ref: "P01" },
    });
  });

  test("when the running car leaves, if that is before", () => {
    expect(turnsOf(site([running({ departure_ms: inMinutes(25) }), car("P02")]))).toEqual({
      P02: { expected_at_ms: inMinutes(25), kind: "leaves", ref: "P01" },
    });
  });

  test("when the running car has what it needs: 1 150 Wh at 2.3 kW are half an hour, and its hold is over by then", () => {
    const full = running({ charging_since_ms: inMinutes(-90), attained_Wh: wattHour(0), needed_Wh: wattHour(1_150) });
    const waiting = car("P02", { attained_Wh: wattHour(9_000) });
    expect(turnsOf(site([full, waiting]))).toEqual({
      P02: { expected_at_ms: inMinutes(30), kind: "full", ref: "P01" },
    });
  });

  test("after its own hour with nothing, when the other one had much already", () => {
    // The hold is over, and the waiting car is of lower rank because it needs little until tomorrow.
    const request = site(
      [
        running({
          attained_Wh: wattHour(6_000),
          charging_since_ms: inMinutes(-120),
          needed_Wh: wattHour(40_000),
          departure_ms: inMinutes(600),
        }),
        car("P02", { plugged_at_ms: inMinutes(-50), needed_Wh: wattHour(1_000), departure_ms: inMinutes(1_200) }),
      ],
      { ...EQUAL, share: "need" },
    );
    expect(turnsOf(request)).toEqual({ P02: { expected_at_ms: inMinutes(10), kind: "waited", ref: "P01" } });
  });

  test("one after the other: the second one waits for the first one's hold too", () => {
    const turns = turnsOf(site([running(), car("P02"), car("P03", { plugged_at_ms: inMinutes(-4) })]));
    expect(turns["P02"]).toEqual({ expected_at_ms: inMinutes(40), kind: "hold", ref: "P01" });
    expect(turns["P03"]).toEqual({ expected_at_ms: inMinutes(100), kind: "hold", ref: "P02" });
  });
});

describe("nobody can say", () => {
  test("where who came first charges and nothing is known of when it leaves", () => {
    expect(turnsOf(site([running(), car("P02")], FIRST_COME))).toEqual({
      P02: { expected_at_ms: null, kind: "unknown", ref: "P02" },
    });
  });

  test("where the one it waits for should have left already", () => {
    expect(turnsOf(site([running({ departure_ms: inMinutes(-5) }), car("P02")], FIRST_COME))["P02"]).toMatchObject({
      expected_at_ms: null,
    });
  });

  test("where a silent box has all there is", () => {
    const silent = running({ reserved: { current_mA: milliamp(10_000), kind: "fallback" } });
    expect(turnsOf(site([silent, car("P02")]))["P02"]).toMatchObject({ expected_at_ms: null, kind: "unknown" });
  });

  test("but it is said that a car is expected to leave before its turn", () => {
    expect(turnsOf(site([running(), car("P02", { departure_ms: inMinutes(30) })]))).toEqual({
      P02: { expected_at_ms: null, kind: "too-late", ref: "P02" },
    });
  });
});

test("without a queue nothing is said, and the same question has the same answer", () => {
  expect(turnsOf(site([running()]))).toEqual({});
  const request = site([running(), car("P02"), car("P03")]);
  expect(turnsOf(request)).toEqual(turnsOf(request));
});
