import { SLOT_ms, slotOf } from "../history/index.ts";
import { type EpochMs, epochMs, type Watt, watt, type WattHour, wattHour } from "../units/index.ts";

// Belgium, the Netherlands and German sites with a registering meter pay for, or are bound to, the mean power of a quarter
// hour. What was not used in its first minutes may be used in its last ones, and the other way round (balancing.md §3.6).

/** What is kept from one second to the next. Energies are those of the grid meter's import register. */
export type QuarterState = {
  readonly quarter_ms: EpochMs;
  /** Register at the quarter's start; `null`: we came later, so its start is not known. */
  readonly start_Wh: WattHour | null;
  readonly register_Wh: WattHour;
  readonly read_at_ms: EpochMs;
  /** The grid meter's quarter begins so much after that of our clock (below zero: before). */
  readonly offset_ms: number;
};

export type QuarterSample = {
  readonly at_ms: EpochMs;
  readonly register_Wh: WattHour;
  /** When the meter itself says that its quarter hour began; left out: it says nothing. */
  readonly meterQuarter_ms?: EpochMs;
};

/** Between two readings so far apart nobody can tell what belongs to which quarter. */
const READING_GAP_ms_max = 60_000;

const quarterAt = (at_ms: number, offset_ms: number): EpochMs => epochMs(slotOf(at_ms - offset_ms) + offset_ms);

/**
 * Takes in a reading. At the turn of the quarter the register is divided in the proportion of time; a register that falls,
 * or a gap of a minute, leaves the start unknown. A meter that tells its own quarter moves ours to it.
 */
export function followQuarter(state: QuarterState | null, sample: QuarterSample): QuarterState {
  const { at_ms, register_Wh, meterQuarter_ms } = sample;
  const offset_ms = meterQuarter_ms === undefined ? (state?.offset_ms ?? 0) : nearestOffset(meterQuarter_ms);
  const quarter_ms = quarterAt(at_ms, offset_ms);
  const now = { quarter_ms, register_Wh, read_at_ms: at_ms, offset_ms };
  if (state === null) return { ...now, start_Wh: at_ms === quarter_ms ? register_Wh : null };
  const gap_ms = at_ms - state.read_at_ms;
  const grown_Wh = register_Wh - state.register_Wh;
  if (gap_ms < 0 || grown_Wh < 0) return { ...now, start_Wh: null };
  if (quarter_ms === state.quarter_ms) return { ...now, start_Wh: state.start_Wh };
  if (gap_ms > READING_GAP_ms_max || gap_ms === 0) return { ...now, start_Wh: null };
  const before = (quarter_ms - state.read_at_ms) / gap_ms;
  // Our quarter was moved by the meter: its start lies before the last reading.
  if (before < 0) return { ...now, start_Wh: null };
  // Rounded down: rather count a watt-hour in the new quarter too than lose it between the two.
  return { ...now, start_Wh: wattHour(Math.floor(state.register_Wh + grown_Wh * before)) };
}

/** How far the meter's quarter lies from ours, at most half a quarter either way. */
function nearestOffset(meterQuarter_ms: EpochMs): number {
  const after_ms = meterQuarter_ms - slotOf(meterQuarter_ms);
  return after_ms > SLOT_ms / 2 ? after_ms - SLOT_ms : after_ms;
}

export type QuarterCap = {
  /** Most that may be imported from now to the end of the quarter. */
  readonly cap_W: Watt;
  readonly used_Wh: WattHour | null;
  readonly left_ms: number;
};

/**
 * (target × 900 s - energy so far) / time left, between what is committed and the connection's limit. With an unknown start
 * of the quarter: the target itself, which holds whatever came before when that did.
 */
export function quarterCap(
  state: QuarterState,
  options: {
    readonly now_ms: EpochMs;
    readonly target_W: Watt;
    readonly limit_W: Watt;
    /** Minima of cars that must not be paused, and what else cannot be lowered. */
    readonly committed_W: Watt;
  },
): QuarterCap {
  const { now_ms, target_W, limit_W, committed_W } = options;
  const end_ms = state.quarter_ms + SLOT_ms;
  const left_ms = Math.min(SLOT_ms, Math.max(0, end_ms - now_ms));
  const used_Wh = state.start_Wh === null ? null : wattHour(state.register_Wh - state.start_Wh);
  const within = (cap_W: number): Watt => watt(Math.min(limit_W, Math.max(committed_W, Math.floor(cap_W))));
  if (used_Wh === null || left_ms === 0) return { cap_W: within(target_W), used_Wh, left_ms };
  const left_Wms = target_W * SLOT_ms - used_Wh * 3_600_000;
  return { cap_W: within(Math.max(0, left_Wms / left_ms)), used_Wh, left_ms };
}
