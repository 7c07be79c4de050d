import { describe, expect, test } from "vitest";
import { acknowledged, missed, REPEAT_MS, RESEND_MS, sent, SETTLE_MS, settled, unknownEntry } from "./ledger.ts";
import { at, box, mA, t } from "./ledger.example.ts";
import type { BoxView, LedgerEntry } from "./ledger.ts";
import { plan, RAISE_INTERVAL_MS } from "./ledger-plan.ts";
import type { Participant } from "./ledger-plan.ts";
import type { AllocationCircuit } from "./types.ts";

const main = (limit: number): AllocationCircuit => ({
  id: "main",
  parent: null,
  limit_mA: [mA(limit), mA(limit), mA(limit)],
  otherLoad_mA: [mA(0), mA(0), mA(0)],
});
const participant = (id: string, entry: LedgerEntry, target: number, view: Partial<BoxView> = {}): Participant => ({
  id,
  circuit: "main",
  phases: ["L1"],
  min_mA: mA(6000),
  step_mA: mA(1000),
  entry,
  box: box(view),
  target_mA: mA(target),
  booked_mA: mA(target),
  commandable: view.online !== false,
});
const planned = (circuit: AllocationCircuit, all: readonly Participant[], ms: number, raises = true) =>
  plan([circuit], all, { now_ms: t(ms), voltage_V: 230, shared: [circuit], raisesAllowed: () => raises });

describe("an increase", () => {
  test("waits until the decrease it relies on is proven", () => {
    const both = [participant("a", at(16_000), 8000), participant("b", at(6000), 8000)];
    expect(planned(main(16_000), both, 0)).toEqual([{ evse: "a", current_mA: 8000, kind: "decrease" }]);
    const lowered = acknowledged(sent(at(16_000), mA(8000), t(0)), mA(8000), t(100));
    const after = settled(lowered, box(), t(SETTLE_MS + 200));
    const later = [participant("a", after, 8000), participant("b", at(6000), 8000)];
    expect(planned(main(16_000), later, SETTLE_MS + 200)).toEqual([{ evse: "b", current_mA: 8000, kind: "increase" }]);
  });

  test("of a box that may still draw its old value frees nothing for the others", () => {
    const lowered = acknowledged(sent(at(32_000), mA(6000), t(0)), mA(6000), t(100));
    const both = [participant("a", lowered, 10_000), participant("b", at(0), 22_000)];
    expect(planned(main(32_000), both, 2000).filter((command) => command.evse === "b")).toEqual([]);
  });

  test("is not sent while the meter above is stale", () => {
    expect(planned(main(63_000), [participant("b", at(0), 8000)], 0, false)).toEqual([]);
  });

  test("lets a car start at its minimum, and comes at most every fifteen seconds", () => {
    const start = planned(main(63_000), [participant("a", at(0), 16_000)], 0);
    expect(start).toEqual([{ evse: "a", current_mA: 6000, kind: "increase" }]);
    const started = acknowledged(sent(at(0), mA(6000), t(0)), mA(6000), t(100));
    const next = (ms: number) => planned(main(63_000), [participant("a", started, 16_000)], ms);
    expect(next(RAISE_INTERVAL_MS - 1)).toEqual([]);
    expect(next(RAISE_INTERVAL_MS)).toEqual([{ evse: "a", current_mA: 16_000, kind: "increase" }]);
  });

  test("starts a box that knows no minimum with all it may have", () => {
    const any = { ...participant("a", at(0), 16_000), min_mA: mA(0) };
    expect(planned(main(63_000), [any], 0)).toEqual([{ evse: "a", current_mA: 16_000, kind: "increase" }]);
  });

  test("is not sent while another one waits for its answer", () => {
    const open = sent(at(6000), mA(10_000), t(0));
    expect(planned(main(63_000), [participant("a", open, 16_000)], RAISE_INTERVAL_MS)).toEqual([]);
  });

  test("leaves room for what a car is known to take above its setpoint", () => {
    const zoe = [participant("a", at(6000), 16_000, { over_permille: 80 })];
    expect(planned(main(16_000), zoe, 0)).toEqual([{ evse: "a", current_mA: 14_000, kind: "increase" }]);
  });

  test("counts with all line currents where boxes hang between two lines", () => {
    const delta: AllocationCircuit = { ...main(20_000), system: "delta" };
    const pair = (id: string, entry: LedgerEntry, target: number, phases: Participant["phases"]): Participant => ({
      ...participant(id, entry, target),
      phases,
    });
    const all = [pair("a", at(10_000), 10_000, ["L1", "L2"]), pair("b", at(6000), 16_000, ["L2", "L3"])];
    // √(10² + 13² + 10·13) = 19.97 A on the shared line.
    expect(planned(delta, all, 0)).toEqual([{ evse: "b", current_mA: 13_000, kind: "increase" }]);
  });
});

describe("other commands", () => {
  test("a box of which nothing is known is told its fallback or less first", () => {
    expect(planned(main(63_000), [participant("a", unknownEntry({ max_mA: mA(32_000) }), 16_000)], 0)).toEqual([
      { evse: "a", current_mA: 6000, kind: "decrease" },
    ]);
  });

  test("less than an ampere down is not worth a command while the circuit holds, and is sent when it does not", () => {
    const one = (limit: number) => planned(main(limit), [participant("a", at(16_000), 15_400)], 0);
    expect(one(16_000)).toEqual([]);
    expect(one(15_400)).toEqual([{ evse: "a", current_mA: 15_400, kind: "decrease" }]);
  });

  test("a small step down is not spared at the cost of a box that takes more than its target", () => {
    const silent = { ...participant("b", at(0), 0, { online: false }), booked_mA: mA(6000) };
    expect(planned(main(21_500), [participant("a", at(16_000), 15_500), silent], 0)).toEqual([
      { evse: "a", current_mA: 15_500, kind: "decrease" },
    ]);
  });

  test("a silent box gets no command", () => {
    expect(planned(main(63_000), [participant("a", at(16_000), 6000, { online: false })], 0)).toEqual([]);
  });

  test("a decrease overtakes a command that is not answered yet", () => {
    const open = sent(at(6000), mA(16_000), t(0));
    expect(planned(main(63_000), [participant("a", open, 8000)], 100)).toEqual([
      { evse: "a", current_mA: 8000, kind: "decrease" },
    ]);
  });

  test("a command that failed is repeated soon, one without an answer after twenty seconds, a stubborn box's too", () => {
    const repeat = [{ evse: "a", current_mA: 6000, kind: "repeat" }];
    const open = sent(at(6000), mA(6000), t(0));
    const one = (entry: LedgerEntry, ms: number) => planned(main(63_000), [participant("a", entry, 6000)], ms);
    expect(one(missed(open), REPEAT_MS - 1)).toEqual([]);
    expect(one(missed(open), REPEAT_MS)).toEqual(repeat);
    for (const entry of [open, missed(missed(missed(open)))]) {
      expect(one(entry, RESEND_MS - 1)).toEqual([]);
      expect(one(entry, RESEND_MS)).toEqual(repeat);
    }
  });

  test("when nothing happens nothing is sent", () => {
    const all = [participant("a", at(8000), 8000), participant("b", at(16_000), 16_000)];
    for (const ms of [0, 1_000, 60_000, 3_600_000]) expect(planned(main(24_000), all, ms)).toEqual([]);
  });
});

test("beside a silent box of which more is booked than it was told the others are not kept where they are", () => {
  const silent = { ...participant("a", at(6_800), 6_000, { online: false }), booked_mA: mA(8_500) };
  const all = [silent, participant("b", at(6_900), 6_400), participant("c", at(0), 6_000)];
  expect(planned(main(21_000), all, 0)).toContainEqual({ evse: "b", current_mA: 6_400, kind: "decrease" });
});
