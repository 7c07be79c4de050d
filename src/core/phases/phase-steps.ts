import { assert, perPhase, onPhase } from "../units/index.ts";
import type { EpochMs, PerPhase } from "../units/index.ts";
import { largestChange_mA } from "./phase-truth.ts";
import type { PhaseStep } from "./phase-truth.ts";

// Finds steps of a bay's own currents and what the main meter saw of them. Everything is timed by when it reached us: the
// clocks of boxes are not to be trusted. Constant memory: one trace per meter and a few values per bay.

/** A bay whose currents differ by less than this from one reading to the next stands still. */
const STILL_MA = 700;
/** Smaller steps drown in what a building does. */
export const STEP_MIN_MA = 2_000;
/** A step takes a car some seconds, and boxes report every 10 s; longer ones are ramps or were not watched. */
const STEP_MS_MAX = 35_000;
/** Readings further apart than this say nothing of what was between them. */
const WATCHED_MS = 35_000;
/** A meter may be so far behind: what it shows after a step counts from here on. */
const METER_LAG_MS = 3_000;
/** Its samples are taken from so many ms before the step, and after it. */
const LOOK_MS = 5_000;
/** A slow meter may send only one sample in this time. */
const SLOW_LOOK_MS = 15_000;
/** 1-second samples for the longest step and both looks. */
const TRACE_LENGTH = 72;

export type CurrentSample = { readonly at_ms: EpochMs; readonly current_mA: PerPhase<number> };

/** The latest samples, oldest first. */
export type CurrentTrace = readonly CurrentSample[];

/** Adds a sample; one that is older than the last (a clock set back) begins the trace anew. */
export function traced(trace: CurrentTrace, sample: CurrentSample): CurrentTrace {
  const last = trace.at(-1);
  if (last !== undefined && sample.at_ms < last.at_ms) return [sample];
  return [...trace.slice(1 - TRACE_LENGTH), sample];
}

/** A step that the meter has still to be asked about. */
export type PendingStep = {
  readonly from_ms: EpochMs;
  readonly to_ms: EpochMs;
  readonly own_mA: PerPhase<number>;
  /** When the bay moved again; what the meter shows later is not this step's. `null`: it stands still. */
  readonly until_ms: EpochMs | null;
};

export type StepWatch = {
  /** Last sample at which the bay stood still. */
  readonly still: CurrentSample | null;
  readonly last: CurrentSample | null;
  readonly pending: PendingStep | null;
};

export const noStepWatch: StepWatch = { still: null, last: null, pending: null };

/** Takes a reading of the bay's own currents. */
export function watchOwn(watch: StepWatch, sample: CurrentSample): StepWatch {
  const { still, last, pending } = watch;
  if (still === null || last === null || sample.at_ms < last.at_ms || sample.at_ms - last.at_ms > WATCHED_MS)
    return { still: sample, last: sample, pending };
  const stands = largestChange_mA(last.current_mA, sample.current_mA) <= STILL_MA;
  if (!stands) {
    const moved = pending === null ? null : { ...pending, until_ms: pending.until_ms ?? last.at_ms };
    return { still, last: sample, pending: moved };
  }
  const largest = largestChange_mA(still.current_mA, sample.current_mA);
  const isStep = largest >= STEP_MIN_MA && last.at_ms - still.at_ms <= STEP_MS_MAX;
  if (!isStep) return { still: sample, last: sample, pending };
  const own_mA = perPhase((phase) => onPhase(sample.current_mA, phase) - onPhase(still.current_mA, phase));
  const step: PendingStep = { from_ms: still.at_ms, to_ms: last.at_ms, own_mA, until_ms: null };
  return { still: sample, last: sample, pending: step };
}

export type Matured =
  | { readonly kind: "wait" }
  | { readonly kind: "nothing" }
  | { readonly kind: "step"; readonly step: PhaseStep & PendingStep };

/**
 * What the meter saw of the pending step: `wait` until its samples are in, `nothing` when there is no step or it cannot be
 * told (the meter was silent, or the bay moved on before the meter can have shown it).
 */
export function matured(watch: StepWatch, meter: CurrentTrace): Matured {
  const { pending } = watch;
  const last = meter.at(-1);
  if (pending === null) return { kind: "nothing" };
  const { from_ms, to_ms, until_ms } = pending;
  const reach_ms = until_ms ?? Number.POSITIVE_INFINITY;
  const enough_ms = to_ms + METER_LAG_MS + LOOK_MS;
  if (last === undefined || (last.at_ms < enough_ms && last.at_ms < reach_ms)) return { kind: "wait" };
  const before = level(meter, { from_ms: from_ms - LOOK_MS, to_ms: from_ms }, from_ms - SLOW_LOOK_MS);
  const lag_ms = to_ms + METER_LAG_MS;
  const after = level(meter, { from_ms: lag_ms, to_ms: Math.min(enough_ms, reach_ms) }, null);
  const late = after ?? firstWithin(meter, lag_ms, Math.min(lag_ms + SLOW_LOOK_MS, reach_ms));
  if (before === null || late === null) return { kind: "nothing" };
  const meter_mA = perPhase((phase) => onPhase(late, phase) - onPhase(before, phase));
  return { kind: "step", step: { ...pending, meter_mA } };
}

type Span = { readonly from_ms: number; readonly to_ms: number };

/** The middle of the samples in the span, or else the last one since `since_ms` before it. */
function level(trace: CurrentTrace, { from_ms, to_ms }: Span, since_ms: number | null): PerPhase<number> | null {
  const inside = trace.filter(({ at_ms }) => at_ms >= from_ms && at_ms <= to_ms);
  if (inside.length > 0) return perPhase((phase) => median(inside.map(({ current_mA }) => onPhase(current_mA, phase))));
  if (since_ms === null) return null;
  return trace.findLast(({ at_ms }) => at_ms >= since_ms && at_ms <= to_ms)?.current_mA ?? null;
}

const firstWithin = (trace: CurrentTrace, from_ms: number, to_ms: number): PerPhase<number> | null =>
  trace.find(({ at_ms }) => at_ms >= from_ms && at_ms <= to_ms)?.current_mA ?? null;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  assert(middle !== undefined, "a median is of at least one value");
  return middle;
}

/** Most that another bay's own currents changed by while this step and the looks around it lasted. */
export function movedDuring_mA(
  trace: CurrentTrace,
  { from_ms, to_ms }: Pick<PendingStep, "from_ms" | "to_ms">,
): number {
  const begin_ms = from_ms - LOOK_MS;
  const before = trace.findLast(({ at_ms }) => at_ms <= begin_ms);
  const inside = trace.filter(({ at_ms }) => at_ms > begin_ms && at_ms <= to_ms + METER_LAG_MS + LOOK_MS);
  const all = before === undefined ? inside : [before, ...inside];
  return Math.max(
    0,
    ...perPhase((phase) => {
      const values = all.map(({ current_mA }) => onPhase(current_mA, phase));
      return values.length === 0 ? 0 : Math.max(...values) - Math.min(...values);
    }),
  );
}

/** The part of a step that other bays may have moved by meanwhile; beyond it nobody can tell whose change the meter saw. */
const OTHERS_PERMILLE_MAX = 400;

/** True when the meter's change can be laid to this bay, whatever the building did. */
export const isClean = (step: PhaseStep, othersMoved_mA: number): boolean =>
  othersMoved_mA * 1000 <= largestChange_mA([0, 0, 0], step.own_mA) * OTHERS_PERMILLE_MAX;
