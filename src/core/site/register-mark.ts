import { type EpochMs, type Millivolt, type WattHour, wattHour } from "../units/index.ts";

/** What the register of a box showed, and when. */
export type RegisterSample = { readonly at_ms: EpochMs; readonly register_Wh: WattHour };

/** What a register stood at, at most `error_Wh` off. */
export type RegisterMark = RegisterSample & { readonly error_Wh: WattHour };

/** How a register is read: what its values are multiples of, what flows meanwhile, and who says when it was read. */
export type RegisterReading = {
  readonly step_Wh: WattHour;
  /** Highest phase. */
  readonly drawn_mA: number;
  readonly voltage_mV: Millivolt;
  /** True for a box that writes the time of each value. Else a value may be from an earlier poll: only its change has a time. */
  readonly isTimed: boolean;
};

/** Steps in which registers count. */
const STEPS_WH = [1_000, 100, 10] as const;
/** A value whose change nobody saw may be as old as this: slow groups of registers are read once a minute. */
const AGE_MS_MAX = 60_000;
const NANOJOULES_PER_WH = 3.6e12;

/** The largest step that all these values are multiples of: it may be chance, then more is doubted than needs be. */
export const registerStep_Wh = (values: readonly WattHour[]): WattHour =>
  wattHour(STEPS_WH.find((step) => values.every((value) => value % step === 0)) ?? 1);

/** The newest of these samples that has a time of its own; `null`: there is none. They are in the order of their time. */
export function lastMark(samples: readonly RegisterSample[], reading: RegisterReading): RegisterMark | null {
  const last = samples.at(-1);
  if (last === undefined) return null;
  if (reading.isTimed) return { ...last, error_Wh: staleness_Wh(samples, reading) };
  const change = changes(samples).at(-1);
  return change === undefined ? unseen(samples[0] ?? last, samples, reading) : atChange(change, reading);
}

/** The oldest of these samples that has a time of its own, likewise. */
export function firstMark(samples: readonly RegisterSample[], reading: RegisterReading): RegisterMark | null {
  const [first] = samples;
  if (first === undefined) return null;
  if (reading.isTimed) return { ...first, error_Wh: staleness_Wh(samples, reading) };
  const [change] = changes(samples);
  return change === undefined ? unseen(first, samples, reading) : atChange(change, reading);
}

/** True when waiting for more samples makes the first mark no better. */
export const hasFirstMark = (samples: readonly RegisterSample[], { isTimed }: RegisterReading): boolean =>
  isTimed ? samples.length > 0 : changes(samples).length > 0;

type Change = { readonly before: RegisterSample; readonly after: RegisterSample };

const changes = (samples: readonly RegisterSample[]): readonly Change[] =>
  samples.flatMap((after, index) => {
    const before = samples[index - 1];
    return before === undefined || before.register_Wh === after.register_Wh ? [] : [{ before, after }];
  });

/** Seen to change, it is right but for what flowed between the two looks, and never worse than its step. */
function atChange({ before, after }: Change, reading: RegisterReading): RegisterMark {
  return { ...after, error_Wh: flow_Wh(after.at_ms - before.at_ms, reading) };
}

function unseen(
  sample: RegisterSample,
  samples: readonly RegisterSample[],
  { step_Wh, ...reading }: RegisterReading,
): RegisterMark {
  const watched_ms = (samples.at(-1)?.at_ms ?? sample.at_ms) - sample.at_ms;
  const flowed_Wh = flow_Wh(Math.max(AGE_MS_MAX, watched_ms), { ...reading, step_Wh });
  return { ...sample, error_Wh: wattHour(Math.max(step_Wh, flowed_Wh)) };
}

/** A register that stood still while a car charged is behind by what flowed meanwhile. */
function staleness_Wh(samples: readonly RegisterSample[], reading: RegisterReading): WattHour {
  let [stood_ms, since_ms] = [0, samples[0]?.at_ms ?? 0];
  samples.forEach((sample, index) => {
    if (sample.register_Wh !== samples[index - 1]?.register_Wh) since_ms = sample.at_ms;
    stood_ms = Math.max(stood_ms, sample.at_ms - since_ms);
  });
  return wattHour(Math.max(reading.step_Wh, stood_ms === 0 ? 0 : flow_Wh(stood_ms, reading)));
}

/** Energy of this current in this time, rounded up; at least what one watt-hour more or less may hide. */
const flow_Wh = (duration_ms: number, { drawn_mA, voltage_mV }: RegisterReading): WattHour =>
  wattHour(1 + Math.ceil((Math.max(0, duration_ms) * drawn_mA * voltage_mV) / NANOJOULES_PER_WH));
