import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wiredPhases } from "../site/index.ts";
import type { Rotation } from "../site/index.ts";
import { epochMs, onPhase, perPhase } from "../units/index.ts";
import type { PerPhase } from "../units/index.ts";
import {
  candidateRotations,
  isClean,
  judgePhases,
  matured,
  movedDuring_mA,
  noPhaseEvidence,
  noStepWatch,
  observeStep,
  traced,
  watchOwn,
} from "./index.ts";
import type { CurrentTrace, PhaseEvidence, StepWatch } from "./index.ts";

/** Mulberry32: the same numbers for the same seed. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Wiring = { readonly phaseCount: 1 | 2 | 3; readonly rotation: Rotation };

const onSite = (own: PerPhase<number>, wiring: Wiring): PerPhase<number> => {
  const wired = wiredPhases(wiring);
  return perPhase((phase) => own[wired.indexOf(phase)] ?? 0);
};

type World = {
  readonly real: Wiring;
  readonly configured: Wiring;
  readonly seconds: number;
  /** The bay's own currents at each second. */
  readonly own: (second: number) => PerPhase<number>;
  readonly building: (second: number) => PerPhase<number>;
  /** Another bay on these own currents and this wiring. */
  readonly other?: { readonly real: Wiring; readonly own: (second: number) => PerPhase<number> };
  readonly lag_s?: number;
  readonly meterEvery_s?: number;
  readonly boxEvery_s?: number;
  readonly blind?: boolean;
};

const START_MS = Date.UTC(2026, 5, 1);

/** Lets the world run and returns the evidence about the bay. */
function run(world: World): PhaseEvidence {
  const { real, configured, own, building, other, lag_s = 1, meterEvery_s = 1, boxEvery_s = 1 } = world;
  let evidence = noPhaseEvidence(configured);
  let watch: StepWatch = noStepWatch;
  let meter: CurrentTrace = [];
  let others: CurrentTrace = [];
  for (let second = 0; second < world.seconds; second += 1) {
    const at_ms = epochMs(START_MS + second * 1000);
    const seen = Math.max(0, second - lag_s);
    if (second % meterEvery_s === 0) {
      const cars: PerPhase<number> = world.blind === true ? [0, 0, 0] : onSite(own(seen), real);
      const rest = building(seen);
      const neighbour: PerPhase<number> = other === undefined ? [0, 0, 0] : onSite(other.own(seen), other.real);
      meter = traced(meter, {
        at_ms,
        current_mA: perPhase((phase, at) => cars[at] + onPhase(rest, phase) + neighbour[at]),
      });
    }
    if (second % boxEvery_s === 0) {
      if (other !== undefined) others = traced(others, { at_ms, current_mA: other.own(second) });
      watch = watchOwn(watch, { at_ms, current_mA: own(second) });
    }
    const found = matured(watch, meter);
    if (found.kind === "wait") continue;
    if (found.kind === "step" && isClean(found.step, movedDuring_mA(others, found.step)))
      evidence = observeStep(evidence, configured, found.step);
    watch = { ...watch, pending: null };
  }
  return evidence;
}

/** 6 A and 10 A by turns, 30 s each, on the phases the car uses. */
const stepping =
  (phases: 1 | 3) =>
  (second: number): PerPhase<number> => {
    const current = Math.floor(second / 30) % 2 === 0 ? 6_000 : 10_000;
    return phases === 1 ? [current, 0, 0] : [current, current, current];
  };

const quiet = (): PerPhase<number> => [3_000, 5_000, 2_000];

/** Every second phase of it jumps by up to 12 A every few seconds, with noise on top. */
function restless(seed: number): (second: number) => PerPhase<number> {
  const next = chance(seed);
  const loads: PerPhase<number>[] = [];
  let now: PerPhase<number> = [5_000, 5_000, 5_000];
  for (let second = 0; second < 20_000; second += 1) {
    if (next() < 0.08) {
      const at = Math.floor(next() * 3);
      now = perPhase((_, index) => (index === at ? 1_000 + next() * 12_000 : now[index]));
    }
    loads.push(perPhase((_, index) => now[index] + (next() - 0.5) * 600));
  }
  return (second) => loads[second] ?? now;
}

const three = (rotation: Rotation): Wiring => ({ phaseCount: 3, rotation });
const one = (rotation: Rotation): Wiring => ({ phaseCount: 1, rotation });

describe("the phases of a bay", () => {
  test("are found from three rises and falls of a single-phase car, on each phase", () => {
    for (const rotation of candidateRotations({ phaseCount: 1 })) {
      const evidence = run({
        real: one(rotation),
        configured: one("L1"),
        seconds: 220,
        own: stepping(1),
        building: quiet,
      });
      const finding = judgePhases(evidence, one("L1"));
      expect(finding.found).toBe(rotation);
      expect(finding.state).toBe(rotation === "L1" ? "agrees" : "disagrees");
      expect(finding.confidence_permille).toBeGreaterThan(980);
    }
  });

  test("of a three-phase bay are told apart by a car on one phase only as far as it uses them", () => {
    const evidence = run({
      real: three("L2L3L1"),
      configured: three("L1L2L3"),
      seconds: 300,
      own: stepping(1),
      building: quiet,
    });
    const finding = judgePhases(evidence, three("L1L2L3"));
    expect(finding.state).toBe("disagrees");
    expect(finding.open).toEqual(["L2L3L1", "L2L1L3"]);
    expect(finding.confidence_permille).toBe(500);
    expect(judgePhases(evidence, three("L2L1L3"))).toMatchObject({ state: "unknown", found: "L2L1L3" });
  });

  test("are found whole from unequal currents", () => {
    const own = (second: number): PerPhase<number> => {
      const current = Math.floor(second / 30) % 2 === 0 ? 6_000 : 12_000;
      return [current, current / 2, 0];
    };
    for (const rotation of candidateRotations({ phaseCount: 3 })) {
      const world = { real: three(rotation), configured: three("L1L2L3"), seconds: 400, own, building: quiet };
      expect(judgePhases(run(world), three("L1L2L3"))).toMatchObject({ found: rotation, open: [rotation] });
    }
  });

  test("stay unknown when a car takes the same on all three: no order can be told", () => {
    const evidence = run({
      real: three("L3L1L2"),
      configured: three("L1L2L3"),
      seconds: 2_000,
      own: stepping(3),
      building: restless(7),
    });
    expect(judgePhases(evidence, three("L1L2L3"))).toMatchObject({ state: "unknown", found: "L1L2L3", steps: 0 });
  });

  test.each([0, 1, 2, 3])("are found with a meter that is %i s behind", (lag_s) => {
    const evidence = run({
      real: one("L3"),
      configured: one("L1"),
      seconds: 400,
      own: stepping(1),
      building: quiet,
      lag_s,
    });
    expect(judgePhases(evidence, one("L1"))).toMatchObject({ found: "L3", state: "disagrees" });
  });

  test("are found with a meter and a box that speak every 10 s", () => {
    const own = (second: number): PerPhase<number> => [Math.floor(second / 60) % 2 === 0 ? 6_000 : 10_000, 0, 0];
    const world = { real: one("L2"), configured: one("L2"), building: quiet, own, meterEvery_s: 10, boxEvery_s: 10 };
    expect(judgePhases(run({ ...world, seconds: 1_200 }), one("L2"))).toMatchObject({ state: "agrees" });
  });

  test("are found in a building that never rests", () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const world = { real: one("L2"), configured: one("L1"), seconds: 3_600, own: stepping(1) };
      const finding = judgePhases(run({ ...world, building: restless(seed) }), one("L1"));
      expect(finding, `seed ${String(seed)}`).toMatchObject({ found: "L2", state: "disagrees" });
    }
  });

  test("are not told from steps that another bay makes at the same time", () => {
    const other = { real: one("L3"), own: stepping(1) };
    const world = { real: one("L1"), configured: one("L3"), seconds: 2_000, own: stepping(1), building: quiet, other };
    expect(judgePhases(run(world), one("L3"))).toMatchObject({ state: "unknown", steps: 0 });
  });

  test("wired anew are noticed", () => {
    let evidence = noPhaseEvidence(one("L1"));
    const step = (at: 0 | 1 | 2): void => {
      evidence = observeStep(evidence, one("L1"), {
        own_mA: [4_000, 0, 0],
        meter_mA: perPhase((_, index) => (index === at ? 4_000 : 0)),
      });
    };
    for (let times = 0; times < 200; times += 1) step(0);
    expect(judgePhases(evidence, one("L1")).state).toBe("agrees");
    for (let times = 0; times < 12; times += 1) step(1);
    expect(judgePhases(evidence, one("L1"))).toMatchObject({ state: "disagrees", found: "L2" });
  });
});

describe("without evidence nothing is proven", () => {
  test("a bay of which nothing was seen is unknown", () => {
    expect(judgePhases(noPhaseEvidence(three("L1L2L3")), three("L1L2L3"))).toMatchObject({
      state: "unknown",
      found: "L1L2L3",
      steps: 0,
    });
  });

  test("a meter that does not see the bay proves no wiring, whatever the building does", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.constantFrom(1 as const, 3 as const),
        (seed, phaseCount) => {
          const wiring: Wiring = { phaseCount, rotation: phaseCount === 1 ? "L1" : "L1L2L3" };
          const world = { real: wiring, configured: wiring, seconds: 3_600, own: stepping(1), blind: true };
          const finding = judgePhases(run({ ...world, building: restless(seed) }), wiring);
          expect(finding.state).toBe("unknown");
        },
      ),
      { numRuns: 60 },
    );
  });

  test("any readings at all keep the numbers in their bounds", () => {
    const change = fc.integer({ min: -80_000, max: 80_000 });
    const currents = fc.tuple(change, change, change);
    const steps = fc.array(fc.record({ own_mA: currents, meter_mA: currents }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.constantFrom(1 as const, 2 as const, 3 as const), (all, phaseCount) => {
        const wiring: Wiring = { phaseCount, rotation: phaseCount === 1 ? "L2" : "L2L3L1" };
        const evidence = all.reduce((sum, step) => observeStep(sum, wiring, step), noPhaseEvidence(wiring));
        const { confidence_permille, doubt_permille, steps: used, state, open } = judgePhases(evidence, wiring);
        expect(confidence_permille).toBeGreaterThanOrEqual(0);
        expect(confidence_permille + 0).toBeLessThanOrEqual(1000);
        expect(doubt_permille).toBeLessThanOrEqual(1000);
        expect(used).toBeLessThanOrEqual(all.length);
        expect(open.length).toBeGreaterThan(0);
        if (used < 4) expect(state).toBe("unknown");
      }),
    );
  });

  test("a reading from before the last one begins the trace anew", () => {
    const sample = (at_ms: number) => ({ at_ms: epochMs(at_ms), current_mA: [0, 0, 0] as const });
    expect(traced([sample(10)], sample(5))).toHaveLength(1);
    const long = Array.from({ length: 500 }, (_, at) => at).reduce<CurrentTrace>((t, at) => traced(t, sample(at)), []);
    expect(long.length).toBeLessThan(100);
  });
});
