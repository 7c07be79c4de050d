import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMs, milliamp, millivolt, wattHour } from "../units/index.ts";
import { judgeSilence, type SilenceEvidence } from "./fallback-judgement.ts";
import { firstMark, hasFirstMark, lastMark, registerStep_Wh, type RegisterSample } from "./register-mark.ts";

const T0 = 1_000_000_000;
const NJ_PER_WH = 3.6e12;

/** A box and its car as they really were, and a register that shows what flowed. */
type Truth = {
  readonly before_mA: number;
  readonly promised_mA: number;
  readonly timeout_ms: number | null;
  /** When it really left its last limit after its last contact, and for what; `null`: never. */
  readonly falls: { readonly after_ms: number; readonly to_mA: number } | null;
  readonly phases: 1 | 3;
  readonly step_Wh: 1 | 10 | 100 | 1_000;
  /** Lies between the last register and the last word, that and our notice, and the return and the next register. */
  readonly lead_ms: number;
  readonly notice_ms: number;
  readonly silent_ms: number;
  readonly tail_ms: number;
  /** The register counts so many thousandths more than its currents say. */
  readonly off_permille: number;
  readonly register_Wh: number;
  readonly atReturn: boolean;
};

const plain: Truth = {
  before_mA: 16_000,
  promised_mA: 6_000,
  timeout_ms: 120_000,
  falls: { after_ms: 100_000, to_mA: 6_000 },
  phases: 3,
  step_Wh: 1,
  lead_ms: 5_000,
  notice_ms: 10_000,
  silent_ms: 400_000,
  tail_ms: 5_000,
  off_permille: 0,
  register_Wh: 1_234_567,
  atReturn: false,
};

function evidenceOf(truth: Truth, more: Partial<SilenceEvidence> = {}): SilenceEvidence {
  const { before_mA, falls, phases, step_Wh, lead_ms, notice_ms, silent_ms, tail_ms } = truth;
  const voltage_mV = 230_000 * phases;
  const stays_ms = Math.min(silent_ms, falls?.after_ms ?? silent_ms);
  const silent = before_mA * stays_ms + (falls?.to_mA ?? 0) * (silent_ms - stays_ms);
  const charge = before_mA * lead_ms + silent + before_mA * tail_ms;
  const flowed_Wh = (charge * voltage_mV * (1 + truth.off_permille / 1_000)) / NJ_PER_WH;
  const shown = (value: number) => wattHour(Math.floor(value / step_Wh) * step_Wh);
  const heard_at_ms = T0 + lead_ms;
  const back_at_ms = heard_at_ms + silent_ms;
  const last_mA = falls !== null && falls.after_ms < silent_ms ? falls.to_mA : before_mA;
  return {
    before_mA: { least: before_mA, most: before_mA },
    promised_mA: milliamp(truth.promised_mA),
    timeout_ms: truth.timeout_ms,
    voltage_mV: millivolt(voltage_mV),
    from: { at_ms: epochMs(T0), register_Wh: shown(truth.register_Wh), error_Wh: wattHour(step_Wh) },
    to: {
      at_ms: epochMs(back_at_ms + tail_ms),
      register_Wh: shown(truth.register_Wh + flowed_Wh),
      error_Wh: wattHour(step_Wh),
    },
    heard_at_ms: epochMs(heard_at_ms),
    silent_at_ms: epochMs(heard_at_ms + notice_ms),
    back_at_ms: epochMs(back_at_ms),
    afterwards: { least: 0, most: before_mA * tail_ms },
    atReturn_mA: truth.atReturn ? milliamp(Math.round(last_mA)) : null,
    recovered: true,
    ...more,
  };
}

const judged = (truth: Partial<Truth>, more: Partial<SilenceEvidence> = {}) =>
  judgeSilence(evidenceOf({ ...plain, ...truth }, more));

describe("a box whose time is known", () => {
  test("fell back when it was seen at its safe current on its return, and keeps that", () => {
    expect(judged({ atReturn: true })).toEqual({ outcome: "fell-back", kept_mA: 6_000 });
  });

  test("fell back by its register alone, and kept no more than the mean of the whole silence", () => {
    const { outcome, kept_mA } = judged({});
    expect(outcome).toBe("fell-back");
    expect(kept_mA).toBeGreaterThan(8_000);
    expect(kept_mA).toBeLessThan(9_000);
  });

  test("kept its last limit when its car took as much as before", () => {
    expect(judged({ falls: null })).toMatchObject({ outcome: "kept-last" });
    expect(judged({ falls: null }).kept_mA).toBeGreaterThan(15_800);
  });

  test("rose when its car took more than before", () => {
    const rising = judged({ falls: { after_ms: 60_000, to_mA: 32_000 } });
    expect(rising).toMatchObject({ outcome: "rose" });
  });

  test("told nothing when it went to a current between", () => {
    expect(judged({ falls: { after_ms: 100_000, to_mA: 12_000 }, atReturn: true })).toEqual({
      outcome: "not-told",
      kept_mA: null,
    });
  });

  test("that pauses fell back when its car charged again afterwards, and told nothing when it did not", () => {
    const pausing = { promised_mA: 0, falls: { after_ms: 110_000, to_mA: 0 }, atReturn: true };
    expect(judged(pausing)).toEqual({ outcome: "fell-back", kept_mA: 0 });
    expect(judged(pausing, { recovered: false })).toMatchObject({ outcome: "not-told" });
  });

  test("told nothing when it counted less than a box that fell back: it was switched off, or its car was full", () => {
    expect(judged({ falls: { after_ms: 0, to_mA: 0 } })).toMatchObject({ outcome: "not-told" });
    expect(judged({ promised_mA: 0, falls: { after_ms: 0, to_mA: 0 }, atReturn: true })).toMatchObject({
      outcome: "not-told",
    });
  });
});

describe("a box whose time nobody knows", () => {
  const unknown = { timeout_ms: null, silent_ms: 620_000 };

  test("fell back late when it was at its safe current on its return", () => {
    const late = { ...unknown, falls: { after_ms: 300_000, to_mA: 6_000 } };
    expect(judged({ ...late, atReturn: true })).toEqual({ outcome: "fell-back", kept_mA: 6_000 });
    expect(judged({ ...late, atReturn: false })).toMatchObject({ outcome: "not-told" });
  });

  test("fell back at once by its register alone", () => {
    expect(judged({ ...unknown, falls: { after_ms: 5_000, to_mA: 6_000 } })).toMatchObject({ outcome: "fell-back" });
  });
});

test("a register in whole kilowatt-hours tells nothing of a few minutes", () => {
  expect(judged({ step_Wh: 1_000, falls: null })).toMatchObject({ outcome: "not-told" });
  expect(judged({ step_Wh: 1_000, atReturn: true })).toMatchObject({ outcome: "not-told" });
});

test("what makes no sense tells nothing", () => {
  const { to } = evidenceOf(plain);
  expect(judged({}, { to: { ...to, register_Wh: wattHour(1) } })).toMatchObject({ outcome: "not-told" });
  expect(judged({}, { back_at_ms: epochMs(T0) })).toMatchObject({ outcome: "not-told" });
  expect(judged({}, { voltage_mV: millivolt(0) })).toMatchObject({ outcome: "not-told" });
});

const truths = fc
  .record({
    above_mA: fc.integer({ min: 3_000, max: 26_000 }),
    promised_mA: fc.constantFrom(0, 6_000, 8_000, 10_000),
    known: fc.boolean(),
    timeout_ms: fc.integer({ min: 10_000, max: 180_000 }),
    phases: fc.constantFrom(1 as const, 3 as const),
    step_Wh: fc.constantFrom(1 as const, 10 as const, 100 as const, 1_000 as const),
    lead_ms: fc.integer({ min: 0, max: 60_000 }),
    notice_ms: fc.integer({ min: 0, max: 60_000 }),
    more_ms: fc.integer({ min: 0, max: 300_000 }),
    tail_ms: fc.integer({ min: 0, max: 30_000 }),
    off_permille: fc.integer({ min: -30, max: 30 }),
    register_Wh: fc.integer({ min: 0, max: 50_000_000 }),
    atReturn: fc.boolean(),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ above_mA, known, timeout_ms, more_ms, notice_ms, share, ...rest }): Truth & { readonly share: number } => ({
    ...rest,
    share,
    before_mA: rest.promised_mA + above_mA,
    timeout_ms: known ? timeout_ms : null,
    notice_ms,
    silent_ms: (known ? Math.max(3 * timeout_ms, 300_000) : 600_000) + notice_ms + more_ms,
    falls: { after_ms: Math.floor(share * timeout_ms), to_mA: rest.promised_mA },
  }));

describe("whatever the currents, times and registers", () => {
  test("a box that kept its last limit is never said to have fallen back or risen", () => {
    fc.assert(
      fc.property(truths, (truth) => {
        expect(["kept-last", "not-told"]).toContain(judged({ ...truth, falls: null }).outcome);
      }),
      { numRuns: 2_000 },
    );
  });

  test("a box that fell back in its time is never said to have kept its limit or risen", () => {
    fc.assert(
      fc.property(truths, (truth) => {
        const inTime = truth.timeout_ms !== null || truth.share < 0.5;
        fc.pre(inTime);
        expect(["fell-back", "not-told"]).toContain(judged(truth).outcome);
      }),
      { numRuns: 2_000 },
    );
  });

  test("with a register of watt-hours a box that kept its last limit is always recognised", () => {
    fc.assert(
      fc.property(truths, (truth) => {
        const near = { step_Wh: 1, lead_ms: 2_000, notice_ms: 5_000, tail_ms: 1_000 } as const;
        const far = { ...truth, ...near, before_mA: truth.promised_mA + 10_000, falls: null };
        expect(judged(far)).toMatchObject({ outcome: "kept-last" });
      }),
      { numRuns: 500 },
    );
  });

  test("a box that rose is never said to have fallen back", () => {
    fc.assert(
      fc.property(truths, fc.integer({ min: 2_000, max: 16_000 }), (truth, more_mA) => {
        const falls = { after_ms: truth.falls?.after_ms ?? 0, to_mA: truth.before_mA + more_mA };
        expect(judged({ ...truth, falls }).outcome).not.toBe("fell-back");
      }),
      { numRuns: 2_000 },
    );
  });

  test("what a box is said to have kept is never less than what it kept, but for what a display may round", () => {
    fc.assert(
      fc.property(truths, fc.integer({ min: 0, max: 1_000 }), (truth, part_permille) => {
        const to_mA = truth.promised_mA + ((truth.before_mA - truth.promised_mA) * part_permille) / 1_000;
        const { outcome, kept_mA } = judged({ ...truth, falls: { after_ms: truth.falls?.after_ms ?? 0, to_mA } });
        const slack_mA = 500 + 0.1 * to_mA + errorOf_mA(truth);
        if (outcome === "fell-back") expect(kept_mA).toBeGreaterThanOrEqual(Math.floor(to_mA - slack_mA));
      }),
      { numRuns: 2_000 },
    );
  });

  test("with a register of watt-hours and a current seen on its return a box that fell back is always recognised", () => {
    fc.assert(
      fc.property(truths, (truth) => {
        const far = { ...truth, before_mA: truth.promised_mA + 10_000, step_Wh: 1, tail_ms: 1_000 } as const;
        const seen = { ...far, notice_ms: 5_000, lead_ms: 2_000, atReturn: true };
        fc.pre(truth.promised_mA > 0);
        expect(judged(seen)).toEqual({ outcome: "fell-back", kept_mA: truth.promised_mA });
      }),
      { numRuns: 500 },
    );
  });
});

/** What its register's steps may hide as a current over the silence. */
const errorOf_mA = ({ step_Wh, phases, silent_ms, before_mA, tail_ms }: Truth): number =>
  ((2 * step_Wh * NJ_PER_WH) / (230_000 * phases) + before_mA * tail_ms) / silent_ms;

describe("a register", () => {
  const at = (...values: readonly number[]): RegisterSample[] =>
    values.map((value, i) => ({ at_ms: epochMs(T0 + 10_000 * i), register_Wh: wattHour(value) }));
  const reading = { step_Wh: wattHour(1), drawn_mA: 16_000, voltage_mV: millivolt(690_000), isTimed: false };

  test("that shows round values alone is taken for one that shows no others", () => {
    const step = (...values: number[]): number => registerStep_Wh(values.map(wattHour));
    expect(step(5_000, 6_000)).toBe(1_000);
    expect(step(5_000, 5_100)).toBe(100);
    expect(step(5_010, 5_040)).toBe(10);
    expect(step(5_010, 5_041)).toBe(1);
  });

  test("that is polled tells its time when it changes, but for what flows between two looks", () => {
    const samples = at(100, 100, 200, 200, 200, 300, 300);
    expect(lastMark(samples, reading)).toEqual({ at_ms: T0 + 50_000, register_Wh: 300, error_Wh: 32 });
    expect(firstMark(samples, reading)).toEqual({ at_ms: T0 + 20_000, register_Wh: 200, error_Wh: 32 });
  });

  test("that was never seen to change may be behind by a minute, and by all the time it was watched", () => {
    expect(firstMark(at(100, 100), reading)).toMatchObject({ at_ms: T0, error_Wh: 185 });
    const long = at(...Array.from({ length: 13 }, () => 100));
    expect(lastMark(long, reading)?.error_Wh).toBeGreaterThan(360);
    expect(lastMark(long, { ...reading, step_Wh: wattHour(1_000) })?.error_Wh).toBe(1_000);
    expect(hasFirstMark(at(100, 100), reading)).toBe(false);
    expect(hasFirstMark(at(100, 130), reading)).toBe(true);
  });

  test("whose values carry their time needs no change, unless it was seen to lag behind", () => {
    const timed = { ...reading, isTimed: true };
    expect(lastMark(at(100, 130, 160), timed)).toEqual({ at_ms: T0 + 20_000, register_Wh: 160, error_Wh: 1 });
    expect(lastMark(at(100, 130, 130, 130), timed)?.error_Wh).toBeGreaterThan(60);
    expect(hasFirstMark(at(100), timed)).toBe(true);
  });

  test("of which nothing was read tells nothing", () => {
    expect(lastMark([], reading)).toBeNull();
    expect(firstMark([], reading)).toBeNull();
    expect(hasFirstMark([], { ...reading, isTimed: true })).toBe(false);
  });
});
