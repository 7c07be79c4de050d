import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acknowledged, forgotten, plan, settled, worstCase_mA } from "../../src/core/balancing/index.ts";
import type { Participant } from "../../src/core/balancing/index.ts";
import { milliamp } from "../../src/core/units/index.ts";
import { Box } from "./adverse-box.ts";
import { anEvent } from "./adverse-events.ts";
import type { Event } from "./adverse-events.ts";
import { World } from "./adverse-world.ts";
import type { Broken } from "./adverse-world.ts";

/** The theorem of the account: 100 000 histories at night, 2 000 with every test. */
const RUNS = process.env["CHARGEHAND_NIGHTLY"] === "1" ? 100_000 : 2_000;
const EVENTS_MAX = 120;

const aBox = (over: fc.Arbitrary<number>) =>
  fc.record({ three: fc.boolean(), metered: fc.boolean(), proven: fc.boolean(), over });
const aHistory = (over: fc.Arbitrary<number>) =>
  fc.record({
    boxes: fc.array(aBox(over), { minLength: 4, maxLength: 4 }),
    events: fc.array(anEvent, { minLength: 20, maxLength: EVENTS_MAX, size: "max" }),
  });
type History = { readonly boxes: readonly ConstructorParameters<typeof Box>[1][]; readonly events: readonly Event[] };

function firstWrong({ boxes, events }: History, broken: Broken = {}): string | null {
  const world = new World(
    boxes.map((kind, index) => new Box(index, kind)),
    broken,
  );
  for (const event of events) {
    const wrong = world.step(event);
    if (wrong !== null) return wrong;
  }
  return null;
}

const holds = (over: fc.Arbitrary<number>, runs: number): void => {
  fc.assert(
    fc.property(aHistory(over), (history) => {
      expect(firstWrong(history)).toBeNull();
    }),
    { numRuns: runs },
  );
};

test(
  "P1: whatever is lost, late, repeated, restarted, cut or set wrong, no raise can overload any circuit",
  { timeout: 3_600_000 },
  () => {
    holds(fc.constant(0), RUNS);
  },
);

test("P2: nor with cars that take as much above their setpoint as is known of them", { timeout: 3_600_000 }, () => {
  holds(fc.constantFrom(0, 75, 100), RUNS / 2);
});

/** Whether any of `runs` histories shows what is broken. */
function isSeen(broken: Broken, runs = 3_000): boolean {
  const details = fc.check(
    fc.property(aHistory(fc.constant(0)), (history) => firstWrong(history, broken) === null),
    { numRuns: runs, endOnFailure: true },
  );
  return details.failed;
}

const eachParticipant = (all: readonly Participant[], change: (one: Participant) => Participant) => all.map(change);

describe("a guard without one of its rules is found out", () => {
  test.each<readonly [string, Broken]>([
    [
      "R1: a new setpoint counts only when it is answered",
      { worstCase_mA: (entry, box) => (entry.acknowledged_at_ms === null ? milliamp(0) : worstCase_mA(entry, box)) },
    ],
    [
      "R2: a raise is judged by setpoints instead of worst cases",
      {
        plan: (circuits, all, options) => {
          const trusting = eachParticipant(all, (one) => ({
            ...one,
            entry: { ...one.entry, upper_mA: one.entry.setpoint_mA ?? milliamp(0) },
          }));
          return plan(circuits, trusting, options);
        },
      },
    ],
    [
      "R3: decreases wait for their answer",
      {
        plan: (circuits, all, options) => {
          const isOpen = ({ entry }: Participant) => entry.setpoint_mA !== null && entry.acknowledged_at_ms === null;
          const open = new Set(all.filter(isOpen).map((one) => one.id));
          return plan(circuits, all, options).filter((command) => !open.has(command.evse));
        },
      },
    ],
    [
      "R4: a decrease counts as soon as it is answered",
      {
        settled: (entry) =>
          entry.acknowledged_at_ms === null || entry.setpoint_mA === null
            ? entry
            : { ...entry, upper_mA: entry.setpoint_mA },
      },
    ],
    [
      "R5: a raise is sent beside another open command",
      {
        plan: (circuits, all, options) => {
          const answered = eachParticipant(all, (one) => ({
            ...one,
            entry: { ...one.entry, acknowledged_at_ms: one.entry.acknowledged_at_ms ?? options.now_ms },
          }));
          return plan(circuits, answered, options);
        },
      },
    ],
    [
      "R5: any answer with the right value confirms",
      { acknowledged: (entry, current_mA, at_ms) => acknowledged(entry, current_mA, at_ms) },
    ],
    [
      "R7: a silent box counts with nothing",
      { worstCase_mA: (entry, box, now_ms) => (box.online ? worstCase_mA(entry, box, now_ms) : milliamp(0)) },
    ],
    [
      "R7: any fallback is believed at once",
      {
        worstCase_mA: (entry, box, now_ms) => (box.online ? worstCase_mA(entry, box, now_ms) : box.fallback_mA),
      },
    ],
    ["R7: a restart changes nothing", { forgotten: (entry) => entry }],
    [
      "raises may follow each other at once",
      {
        plan: (circuits, all, options) => {
          const rested = eachParticipant(all, (one) => ({ ...one, entry: { ...one.entry, raised_at_ms: null } }));
          return plan(circuits, rested, options);
        },
      },
    ],
    [
      "R9: the age of the meter does not matter",
      { plan: (circuits, all, options) => plan(circuits, all, { ...options, raisesAllowed: () => true }) },
    ],
  ])("%s", { timeout: 60_000 }, (_rule, broken) => {
    expect(isSeen(broken)).toBe(true);
  });

  test("and with all of them it is not", () => {
    expect(isSeen({ acknowledged, forgotten, plan, settled, worstCase_mA }, 500)).toBe(false);
  });
});
