import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMs, milliamp } from "../units/index.ts";
import type { EpochMs, Milliamp } from "../units/index.ts";
import {
  acknowledged,
  forgotten,
  missed,
  plan,
  sent,
  SETTLE_MS,
  settled,
  unknownEntry,
  worstCase_mA,
} from "./ledger.ts";
import type { BoxView, LedgerEntry, Participant } from "./ledger.ts";
import type { AllocationCircuit } from "./types.ts";

const t = (ms: number): EpochMs => epochMs(1_760_000_000_000 + ms);
const mA = (value: number): Milliamp => milliamp(value);
const box = (more: Partial<BoxView> = {}): BoxView => ({
  online: true,
  unplugged: false,
  drawn_mA: null,
  drawn_at_ms: null,
  max_mA: mA(32_000),
  fallback_mA: mA(6000),
  ...more,
});
const at = (current: number): LedgerEntry => ({
  setpoint_mA: mA(current),
  upper_mA: mA(current),
  sent_at_ms: t(-100_000),
  acknowledged_at_ms: t(-90_000),
  raised_at_ms: null,
  misses: 0,
  before_mA: null,
});

describe("what a box may be drawing", () => {
  test("a decrease counts only when confirmed, settled and not contradicted by the box's own meter", () => {
    const lowered = sent(at(16_000), mA(6000), t(0));
    expect(worstCase_mA(lowered, box())).toBe(16_000);
    const confirmed = acknowledged(lowered, mA(6000), t(100));
    expect(worstCase_mA(settled(confirmed, box(), t(5000)), box())).toBe(16_000);
    const still = settled(confirmed, box({ drawn_mA: mA(15_000) }), t(SETTLE_MS + 100));
    expect(worstCase_mA(still, box({ drawn_mA: mA(15_000) }))).toBe(16_000);
    expect(worstCase_mA(settled(confirmed, box({ drawn_mA: mA(5900) }), t(SETTLE_MS + 100)), box())).toBe(6000);
  });

  test("an increase counts from the moment it is sent", () => {
    expect(worstCase_mA(sent(at(6000), mA(16_000), t(0)), box())).toBe(16_000);
  });

  test("the answer to an older command confirms nothing", () => {
    const newer = sent(sent(at(16_000), mA(10_000), t(0)), mA(6000), t(10));
    expect(acknowledged(newer, mA(10_000), t(20))).toBe(newer);
  });

  test("a silent box counts with its fallback or its last value, whichever is larger, and never with zero", () => {
    expect(worstCase_mA(at(16_000), box({ online: false }))).toBe(16_000);
    expect(worstCase_mA(at(0), box({ online: false }))).toBe(6000);
    expect(worstCase_mA(unknownEntry({ max_mA: mA(32_000) }), box({ online: false }))).toBe(6000);
  });

  test("a box that comes back and leaves again before it confirmed anything still counts with what it held before", () => {
    const back = forgotten(at(16_000), { max_mA: mA(32_000) });
    expect(worstCase_mA(back, box({ online: false }))).toBe(16_000);
    expect(worstCase_mA(forgotten(back, { max_mA: mA(32_000) }), box({ online: false }))).toBe(16_000);
  });

  test("a box that restarted may offer its maximum until it has confirmed something lower", () => {
    expect(worstCase_mA(forgotten(at(6000), { max_mA: mA(32_000) }), box())).toBe(32_000);
  });

  test("a car that draws more than its setpoint counts with what it draws", () => {
    expect(worstCase_mA(at(10_000), box({ drawn_mA: mA(13_000) }))).toBe(13_500);
  });

  test("without a car nothing can flow", () => {
    expect(worstCase_mA(at(16_000), box({ unplugged: true }))).toBe(0);
  });
});

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

describe("what to send", () => {
  test("an increase waits until the decrease it relies on is proven", () => {
    const both = [participant("a", at(16_000), 8000), participant("b", at(0), 8000)];
    expect(planned(main(16_000), both, 0)).toEqual([{ evse: "a", current_mA: 8000, kind: "decrease" }]);
    const lowered = acknowledged(sent(at(16_000), mA(8000), t(0)), mA(8000), t(100));
    const after = settled(lowered, box({ drawn_mA: mA(7900) }), t(SETTLE_MS + 200));
    const later = [participant("a", after, 8000, { drawn_mA: mA(7900) }), participant("b", at(0), 8000)];
    expect(planned(main(16_000), later, SETTLE_MS + 200)).toEqual([{ evse: "b", current_mA: 8000, kind: "increase" }]);
  });

  test("raising a box that may still draw its old value frees nothing for the others", () => {
    const lowered = acknowledged(sent(at(32_000), mA(6000), t(0)), mA(6000), t(100));
    const both = [participant("a", lowered, 10_000), participant("b", at(0), 22_000)];
    expect(planned(main(32_000), both, 2000).filter((command) => command.evse === "b")).toEqual([]);
  });

  test("nobody is raised while the meter above is stale", () => {
    expect(planned(main(63_000), [participant("b", at(0), 8000)], 0, false)).toEqual([]);
  });

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

  test("an unanswered command is repeated after twenty seconds", () => {
    const unanswered = missed(sent(at(6000), mA(6000), t(0)));
    expect(planned(main(63_000), [participant("a", unanswered, 6000)], 19_000)).toEqual([]);
    expect(planned(main(63_000), [participant("a", unanswered, 6000)], 20_000)).toEqual([
      { evse: "a", current_mA: 6000, kind: "repeat" },
    ]);
  });
});

/** A box and car on the other end of a bad line: it may obey any command that was sent, at any time, in order, and late. */
type Sim = {
  entry: LedgerEntry;
  inFlight: { current: number; lost: boolean }[];
  real: number;
  /** What the car may still draw though the box has taken a lower value. */
  lag: { current: number; until: number }[];
};

test("whatever is lost or late, the boxes together never draw more than the circuit carries", () => {
  const step = fc.record({
    targets: fc.array(fc.constantFrom(0, 6000, 8000, 10_000, 16_000, 32_000), { minLength: 4, maxLength: 4 }),
    arrives: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    replyLost: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    wait_ms: fc.constantFrom(1000, 5000, 12_000, 30_000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const limit = 40_000;
      let now = 0;
      const sims: Sim[] = [0, 1, 2, 3].map(() => ({
        entry: { ...at(0), acknowledged_at_ms: t(-90_000) },
        inFlight: [],
        real: 0,
        lag: [],
      }));
      for (const { targets, arrives, replyLost, wait_ms } of steps) {
        now += wait_ms;
        sims.forEach((sim, index) => {
          if (arrives[index] === true) {
            for (const command of sim.inFlight) {
              sim.lag.push({ current: sim.real, until: now + SETTLE_MS });
              sim.real = command.current;
              if (replyLost[index] === true) sim.entry = missed(sim.entry);
              else sim.entry = acknowledged(sim.entry, mA(command.current), t(now));
            }
            sim.inFlight = [];
          }
          sim.entry = settled(sim.entry, box(), t(now));
        });
        // The targets themselves may be nonsense: the account alone has to keep the promise.
        const fair = targets.map((target, index) =>
          participant(`P${String(index)}`, sims[index]?.entry ?? at(0), target),
        );
        for (const command of planned(main(limit), fair, now)) {
          const sim = sims[Number(command.evse.slice(1))];
          if (sim === undefined) continue;
          sim.entry = sent(sim.entry, command.current_mA, t(now));
          sim.inFlight.push({ current: command.current_mA, lost: false });
        }
        const worst = sims.reduce(
          (sum, sim) =>
            sum +
            Math.max(
              sim.real,
              ...sim.inFlight.map((command) => command.current),
              ...sim.lag.filter((one) => one.until > now).map((one) => one.current),
            ),
          0,
        );
        expect(worst).toBeLessThanOrEqual(limit);
      }
    }),
    { numRuns: 2000 },
  );
});
