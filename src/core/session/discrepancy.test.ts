import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMs, watt, wattHour } from "../units/index.ts";
import { type SessionEvidence, assess } from "./discrepancy.ts";
import type { FlagRule, Severity } from "./types.ts";

const NOON = 1_790_000_000_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type Change = {
  start_Wh?: number | null;
  started_at?: number;
  startReceived_at?: number;
  stop_Wh?: number | null;
  ended_at?: number;
  stopReceived_at?: number;
  stopToken?: string | null;
  noStop?: boolean;
  samples?: readonly (readonly [minute: number, register_Wh: number])[];
} & Partial<Omit<SessionEvidence, "opened" | "stop" | "registers" | "endedBy">>;

/** A clean hour of 5 kWh at an 11 kW box, with the given changes. */
function evidence(change: Change): SessionEvidence {
  const {
    start_Wh = 10_000,
    started_at = NOON,
    stop_Wh = 15_000,
    ended_at = NOON + HOUR,
    stopToken = "CARD",
    samples = [],
  } = change;
  const { noStop = false, startReceived_at = started_at, stopReceived_at = ended_at, ...rest } = change;
  return {
    activities: [],
    previousStop_Wh: start_Wh === null || start_Wh === 0 ? null : wattHour(start_Wh),
    ratedPower_W: watt(11_000),
    ...rest,
    opened: {
      id: "s1",
      stationId: "P01",
      evseId: 1,
      transactionId: 7,
      idToken: "CARD",
      started_at_ms: epochMs(started_at),
      received_at_ms: epochMs(startReceived_at),
      start_Wh: start_Wh === null ? null : wattHour(start_Wh),
    },
    stop: noStop
      ? null
      : {
          at_ms: epochMs(ended_at),
          received_at_ms: epochMs(stopReceived_at),
          register_Wh: stop_Wh === null ? null : wattHour(stop_Wh),
          idToken: stopToken,
        },
    registers: samples.map(([minute, register_Wh]) => ({
      at_ms: epochMs(NOON + minute * MINUTE),
      received_at_ms: epochMs(NOON + minute * MINUTE),
      register_Wh: wattHour(register_Wh),
    })),
    endedBy: noStop ? "server" : "station",
  };
}

test("a clean session is register stop minus register start, billable and without a doubt", () => {
  expect(
    assess(
      evidence({
        samples: [
          [15, 11_000],
          [30, 12_500],
        ],
      }),
    ),
  ).toMatchObject({
    energy_Wh: 5000,
    stop_Wh: 15_000,
    ended_at_ms: NOON + HOUR,
    flags: [],
    billable: true,
    charging_ms: HOUR,
    parked_ms: 0,
  });
});

type Row = {
  given: string;
  change: Change;
  flags: readonly (readonly [FlagRule, Severity])[];
  energy_Wh: number | null;
  inputs?: Record<string, unknown>;
};

const rows: readonly Row[] = [
  {
    given: "a register of volt-ampere-hours",
    change: { registerKind: "apparent-energy" },
    flags: [["D13", "W"]],
    energy_Wh: 5_000,
    inputs: { register: "apparent-energy" },
  },
  {
    given: "stop below start",
    change: { stop_Wh: 9_500, samples: [[30, 12_000]] },
    flags: [["D01", "B"]],
    energy_Wh: null,
    inputs: { start_Wh: 10_000, stop_Wh: 9_500, proposed_Wh: 2_000 },
  },
  {
    given: "stop below start and no sample between",
    change: { stop_Wh: 9_500 },
    flags: [["D01", "B"]],
    energy_Wh: null,
    inputs: { proposed_Wh: 0 },
  },
  {
    given: "a register that began again near zero",
    change: {
      stop_Wh: 700,
      samples: [
        [20, 12_000],
        [40, 300],
      ],
    },
    flags: [
      ["D01", "B"],
      ["D02", "B"],
    ],
    energy_Wh: null,
  },
  {
    given: "a drop between two samples",
    change: {
      samples: [
        [20, 12_000],
        [40, 11_000],
      ],
    },
    flags: [["D02", "B"]],
    energy_Wh: null,
    inputs: { before_Wh: 12_000, after_Wh: 11_000, at_ms: NOON + 40 * MINUTE, proposed_Wh: 6_000 },
  },
  {
    given: "a lifetime register with start 0",
    change: { start_Wh: 0, stop_Wh: 910_000, previousStop_Wh: wattHour(905_000), ratedPower_W: null },
    flags: [["D03", "B"]],
    energy_Wh: null,
    inputs: { start_Wh: 0, previousStop_Wh: 905_000, baseline_Wh: 905_000, proposed_Wh: 5_000 },
  },
  {
    given: "a lifetime register with no start, and a sample",
    change: { start_Wh: null, stop_Wh: 910_000, previousStop_Wh: wattHour(905_000), samples: [[1, 905_100]] },
    flags: [["D03", "B"]],
    energy_Wh: null,
    inputs: { baseline_Wh: 905_100, proposed_Wh: 4_900 },
  },
  {
    given: "no start register at all",
    change: { start_Wh: null, previousStop_Wh: null },
    flags: [["D03", "B"]],
    energy_Wh: null,
    inputs: { baseline_Wh: null, proposed_Wh: null },
  },
  {
    given: "more than 150 kWh",
    change: { stop_Wh: 160_001, ended_at: NOON + 24 * HOUR, ratedPower_W: null },
    flags: [["D03", "B"]],
    energy_Wh: null,
  },
  {
    given: "exactly 150 kWh",
    change: { stop_Wh: 160_000, ended_at: NOON + 24 * HOUR, ratedPower_W: null },
    flags: [],
    energy_Wh: 150_000,
  },
  {
    given: "a per-session register that begins at 0 on a new box",
    change: { start_Wh: 0, stop_Wh: 5_000, previousStop_Wh: null },
    flags: [],
    energy_Wh: 5_000,
  },
  {
    given: "20 kWh in an hour at 11 kW",
    change: { stop_Wh: 30_000 },
    flags: [["D04", "B"]],
    energy_Wh: null,
    inputs: { energy_Wh: 20_000, possible_Wh: 12_150, ratedPower_W: 11_000 },
  },
  { given: "exactly what the rating allows", change: { stop_Wh: 22_150 }, flags: [], energy_Wh: 12_150 },
  {
    given: "a jump inside an otherwise slow session",
    change: {
      ended_at: NOON + 3 * HOUR,
      samples: [
        [10, 10_100],
        [11, 14_000],
      ],
    },
    flags: [["D04", "B"]],
    energy_Wh: null,
    inputs: { from_ms: NOON + 10 * MINUTE, to_ms: NOON + 11 * MINUTE, energy_Wh: 3_900 },
  },
  {
    given: "no stop, with register values",
    change: {
      noStop: true,
      samples: [
        [10, 11_000],
        [40, 13_000],
      ],
    },
    flags: [["D05", "B"]],
    energy_Wh: 3_000,
    inputs: { endedBy: "server", stop_Wh: 13_000, ended_at_ms: NOON + 40 * MINUTE },
  },
  { given: "no stop and no register value", change: { noStop: true }, flags: [["D05", "B"]], energy_Wh: null },
  {
    given: "a stop without a register",
    change: { stop_Wh: null, samples: [[40, 13_000]] },
    flags: [["D05", "B"]],
    energy_Wh: 3_000,
    inputs: { endedBy: "station", ended_at_ms: NOON + HOUR },
  },
  {
    given: "a stop whose start was never seen",
    change: { startMissing: true },
    flags: [["D06", "B"]],
    energy_Wh: null,
  },
  {
    given: "repeated messages",
    change: { duplicates: 2 },
    flags: [["D08", "I"]],
    energy_Wh: 5_000,
    inputs: { duplicates: 2 },
  },
  {
    given: "a start ten minutes before the previous end",
    change: { previousEnded_at_ms: epochMs(NOON + 10 * MINUTE) },
    flags: [["D09", "B"]],
    energy_Wh: 5_000,
  },
  {
    given: "a start inside the tolerance of the previous end",
    change: { previousEnded_at_ms: epochMs(NOON + 5 * MINUTE) },
    flags: [],
    energy_Wh: 5_000,
  },
  {
    given: "51 Wh since the previous stop",
    change: { previousStop_Wh: wattHour(9_949) },
    flags: [["D10", "W"]],
    energy_Wh: 5_000,
    inputs: { previousStop_Wh: 9_949, start_Wh: 10_000, unassigned_Wh: 51 },
  },
  { given: "50 Wh since the previous stop", change: { previousStop_Wh: wattHour(9_950) }, flags: [], energy_Wh: 5_000 },
  { given: "no energy in an hour", change: { stop_Wh: 10_000 }, flags: [["D11", "I"]], energy_Wh: 0 },
  {
    given: "99 Wh in a minute",
    change: { stop_Wh: 10_099, ended_at: NOON + MINUTE },
    flags: [["D11", "I"]],
    energy_Wh: 99,
  },
  { given: "99 Wh in an hour", change: { stop_Wh: 10_099 }, flags: [], energy_Wh: 99 },
  {
    given: "a clock that was never set",
    change: { started_at: 60_000, startReceived_at: NOON },
    flags: [["D14", "W"]],
    energy_Wh: 5_000,
    inputs: { at_ms: 60_000, received_at_ms: NOON },
  },
  {
    given: "a clock an hour ahead",
    change: { ended_at: NOON + 2 * HOUR, stopReceived_at: NOON + HOUR },
    flags: [["D14", "W"]],
    energy_Wh: 5_000,
    inputs: { offset_ms: HOUR },
  },
  {
    given: "a wrong clock under a price per time",
    change: { startReceived_at: NOON + 3 * MINUTE, timePriced: true },
    flags: [["D14", "B"]],
    energy_Wh: 5_000,
  },
  {
    given: "messages kept while the box was offline",
    change: {
      startReceived_at: NOON + HOUR,
      startReplayed: true,
      stopReceived_at: NOON + 2 * HOUR,
      stopReplayed: true,
    },
    flags: [],
    energy_Wh: 5_000,
  },
  {
    given: "another card at the end",
    change: { stopToken: "OTHER" },
    flags: [["D22", "W"]],
    energy_Wh: 5_000,
    inputs: { startToken: "CARD", stopToken: "OTHER" },
  },
  { given: "the same card in small letters", change: { stopToken: "card" }, flags: [], energy_Wh: 5_000 },
  { given: "a blocked card", change: { card: "blocked" }, flags: [["D22", "W"]], energy_Wh: 5_000 },
];

test.each(rows.filter((row) => row.inputs !== undefined))(
  "given $given, keeps the numbers that raised it",
  ({ change, inputs = {} }) => {
    expect(assess(evidence(change)).flags.at(-1)?.inputs).toMatchObject(inputs);
  },
);

describe.each(rows)("given $given", ({ change, flags, energy_Wh }) => {
  const assessment = assess(evidence(change));
  test("raises exactly the expected doubts", () => {
    expect(assessment.flags.map(({ rule, severity }) => [rule, severity])).toEqual(flags);
  });
  test("bills only what is proven, and nothing that is blocked", () => {
    expect(assessment.energy_Wh).toBe(energy_Wh);
    expect(assessment.billable).toBe(energy_Wh !== null && flags.every(([, severity]) => severity !== "B"));
  });
});

test("whatever a box reports, energy is never negative and blocked sessions are never billable", () => {
  const register = fc.integer({ min: 0, max: 400_000 });
  const change = fc.record({
    start_Wh: fc.option(register),
    stop_Wh: fc.option(register),
    started_at: fc.integer({ min: 0, max: NOON + HOUR }),
    ended_at: fc.integer({ min: 0, max: NOON + 3 * HOUR }),
    noStop: fc.boolean(),
    samples: fc.array(fc.tuple(fc.integer({ min: -60, max: 200 }), register), { maxLength: 8 }),
  });
  fc.assert(
    fc.property(change, (given) => {
      const { energy_Wh, billable, flags, charging_ms, parked_ms, heldByOperator_ms, ended_at_ms } = assess(
        evidence(given),
      );
      expect(energy_Wh ?? 0).toBeGreaterThanOrEqual(0);
      expect(billable && (energy_Wh === null || flags.some((flag) => flag.severity === "B"))).toBe(false);
      for (const duration_ms of [charging_ms, parked_ms, heldByOperator_ms])
        expect(duration_ms).toBeGreaterThanOrEqual(0);
      expect(ended_at_ms).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 500 },
  );
});

describe("time", () => {
  const at = (minute: number) => epochMs(NOON + minute * MINUTE);

  test("the three kinds of time add up to the session", () => {
    const activities = [
      { at_ms: at(0), activity: "charging" },
      { at_ms: at(20), activity: "held-by-operator" },
      { at_ms: at(30), activity: "charging" },
      { at_ms: at(40), activity: "suspended-ev" },
    ] as const;
    expect(assess(evidence({ activities }))).toMatchObject({
      charging_ms: 30 * MINUTE,
      heldByOperator_ms: 10 * MINUTE,
      parked_ms: 20 * MINUTE,
    });
  });

  test("a pause of the car that ends in charging was no parking", () => {
    const activities = [
      { at_ms: at(10), activity: "suspended-ev" },
      { at_ms: at(30), activity: "charging" },
      { at_ms: at(50), activity: "suspended-ev" },
    ] as const;
    expect(assess(evidence({ activities }))).toMatchObject({ charging_ms: 50 * MINUTE, parked_ms: 10 * MINUTE });
  });

  test("a car that we hold back after it was full is held, not parked", () => {
    const activities = [
      { at_ms: at(30), activity: "suspended-ev" },
      { at_ms: at(40), activity: "held-by-operator" },
    ] as const;
    expect(assess(evidence({ activities }))).toMatchObject({
      charging_ms: 30 * MINUTE,
      parked_ms: 10 * MINUTE,
      heldByOperator_ms: 20 * MINUTE,
    });
  });

  test("no parking is counted after the last proven value of a session that nobody ended", () => {
    const activities = [{ at_ms: at(45), activity: "suspended-ev" }] as const;
    expect(assess(evidence({ noStop: true, samples: [[40, 13_000]], activities }))).toMatchObject({
      charging_ms: 40 * MINUTE,
      parked_ms: 0,
    });
  });
});
