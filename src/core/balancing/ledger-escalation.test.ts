import { expect, test } from "vitest";
import { epochMs, milliamp } from "../units/index.ts";
import type { EpochMs } from "../units/index.ts";
import { acknowledged, missed, sent, settled, SETTLE_MS, unknownEntry } from "./ledger.ts";
import type { BoxView, LedgerEntry } from "./ledger.ts";
import { escalate, MEASURE_TAKES_MS, noEscalation, STOP_AGAIN_MS, UNPROVEN_MS_MAX } from "./ledger-escalation.ts";
import type { Escalation, EscalationEffect } from "./ledger-escalation.ts";

const t = (ms: number): EpochMs => epochMs(1_760_000_000_000 + ms);
const box = (more: Partial<BoxView> = {}): BoxView => ({
  online: true,
  unplugged: false,
  drawn_mA: null,
  drawn_at_ms: null,
  max_mA: milliamp(32_000),
  fallback_mA: milliamp(6_000),
  ...more,
});
const high: LedgerEntry = {
  ...unknownEntry({ max_mA: milliamp(16_000) }),
  setpoint_mA: milliamp(16_000),
  acknowledged_at_ms: t(-90_000),
};
const lowered = sent(high, milliamp(6_000), t(0));

/** Every second from 0; what was done, and when. */
function run(entry: LedgerEntry, view: BoxView, seconds: number): readonly (readonly [number, EscalationEffect])[] {
  let state: Escalation = noEscalation;
  const done: [number, EscalationEffect][] = [];
  for (let s = 0; s <= seconds; s += 1) {
    const next = escalate(state, entry, view, t(s * 1000));
    state = next.state;
    for (const effect of next.effects) done.push([s * 1000, effect]);
  }
  return done;
}

test("a box that proves nothing is paused, then stopped, then a person is called: all within a minute", () => {
  const done = run(lowered, box(), 60);
  expect(done).toEqual([
    [UNPROVEN_MS_MAX, "pause"],
    [UNPROVEN_MS_MAX + MEASURE_TAKES_MS, "stop"],
    [UNPROVEN_MS_MAX + 2 * MEASURE_TAKES_MS, "alarm"],
  ]);
});

test("one that is stubborn already is not waited for", () => {
  expect(run(missed(missed(missed(lowered))), box(), 0)).toEqual([[0, "pause"]]);
});

test("an answered and settled decrease, or none, escalates nothing", () => {
  const proven = settled(acknowledged(lowered, milliamp(6_000), t(0)), box(), t(SETTLE_MS));
  expect(run(proven, box(), 300)).toEqual([]);
  expect(run(missed(missed(missed(high))), box(), 300)).toEqual([]);
});

test("a box that is silent can be told nothing, so a person is called; so too when only its answers are lost", () => {
  expect(run(lowered, box({ online: false }), 60)).toEqual([[UNPROVEN_MS_MAX, "alarm"]]);
  const obeys = box({ drawn_mA: milliamp(5_900), drawn_at_ms: t(20_000) });
  expect(run(lowered, obeys, 60)).toEqual([[UNPROVEN_MS_MAX, "alarm"]]);
});

test("the stop is tried again every five minutes, and that it is over is said once", () => {
  const done = run(lowered, box(), (UNPROVEN_MS_MAX + MEASURE_TAKES_MS + STOP_AGAIN_MS) / 1000);
  expect(done.at(-1)).toEqual([UNPROVEN_MS_MAX + MEASURE_TAKES_MS + STOP_AGAIN_MS, "stop"]);
  const alarm: Escalation = { stage: "alarm", since_ms: t(0), stopped_at_ms: t(0) };
  const over = escalate(alarm, high, box(), t(1_000));
  expect(over).toEqual({ state: noEscalation, effects: ["relieved"] });
  expect(escalate(over.state, high, box(), t(2_000)).effects).toEqual([]);
});

test("a box that was seen not to follow and then shows nothing any more is not waited for for ever", () => {
  const seen = settled(
    acknowledged(lowered, milliamp(6_000), t(0)),
    box({ drawn_mA: milliamp(15_900), drawn_at_ms: t(8_000) }),
    t(8_000),
  );
  expect(run(settled(seen, box(), t(50_000)), box(), 41).at(0)).toEqual([UNPROVEN_MS_MAX, "pause"]);
});
