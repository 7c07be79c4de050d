import type { BoxView } from "../../core/balancing/index.ts";
import {
  FOLLOW_MS,
  isStubborn,
  MEASURE_SLACK_MA,
  SETTLE_MS,
  withoutPhases,
  worstCase_mA,
} from "../../core/balancing/index.ts";
import type { DrawRange } from "../../core/balancing/index.ts";
import { toSitePhases, wiredPhases } from "../../core/site/index.ts";
import { milliamp, perPhase, onPhase, PHASES, watt } from "../../core/units/index.ts";
import type { EpochMs, Milliamp, PerPhase, Phase, Watt } from "../../core/units/index.ts";
import { isProven } from "./fallback.ts";
import type { StationState } from "./state.ts";
import { isPlugged } from "./state.ts";

/** A box's own currents older than this say nothing about now. OCPP boxes report every 10 s. */
export const BOX_READING_AGE_MS_MAX = 35_000;
/** Two clocks that are looked at one after the other may differ by this. */
const AHEAD_MS_MAX = 2_000;

/** Site phases this car may draw on: what it has proven, what its box was switched to, else all that are wired. */
export function activePhases(state: StationState): readonly Phase[] {
  // Nobody knows which of them it loads: a map that is wrong would hide an overload.
  if (state.phaseMapDoubted !== null) return PHASES;
  const wired = wiredPhases(state.station);
  return state.habits.phases ?? (state.phaseMode.now === 1 ? wired.slice(0, 1) : wired);
}

/** Proven phases count no longer than the reading they were seen in: unwatched, the car or its box may change. */
export function followPhases(state: StationState, now_ms: EpochMs): void {
  if (state.reading !== null && isFresh(state.reading.measured_at_ms, now_ms)) return;
  if (state.habits.seen > 0) state.habits = withoutPhases(state.habits);
  // A silent box may have restarted with all its phases.
  if (!state.online && state.phaseMode.now === 1) state.phaseMode = { ...state.phaseMode, now: 3 };
}

/** Currents in site order, `null` where unknown or too old; phases the box does not reach are 0. */
export function drawn_mA(state: StationState, now_ms: EpochMs): PerPhase<Milliamp | null> {
  const { reading, station } = state;
  if (!isPlugged(state) && state.online) return [milliamp(0), milliamp(0), milliamp(0)];
  const fresh = reading !== null && isFresh(reading.measured_at_ms, now_ms);
  return toSitePhases<Milliamp | null>(station, fresh ? reading.current_mA : [null, null, null], milliamp(0));
}

/** Power as the box last measured it; `null` where unknown or too old, 0 without a car. */
export function power_W(state: StationState, now_ms: EpochMs): Watt | null {
  const { reading } = state;
  if (reading === null) return null;
  if (state.online && !isPlugged(state)) return watt(0);
  return isFresh(reading.measured_at_ms, now_ms) ? reading.power_W : null;
}

/** A time in the future is from before the clock was set back, and says nothing about now. */
function isFresh(measured_at_ms: EpochMs, now_ms: EpochMs): boolean {
  const age_ms = now_ms - measured_at_ms;
  return age_ms <= BOX_READING_AGE_MS_MAX && age_ms >= -AHEAD_MS_MAX;
}

/** The box as the ledger judges it. */
export function boxView(state: StationState, now_ms: EpochMs): BoxView {
  const known = drawn_mA(state, now_ms).filter((value): value is Milliamp => value !== null);
  const complete = known.length === 3 && state.reading !== null;
  return {
    online: state.online,
    unplugged: state.online && !isPlugged(state),
    drawn_mA: complete ? milliamp(Math.max(...known)) : null,
    drawn_at_ms: complete ? (state.reading?.measured_at_ms ?? null) : null,
    max_mA: state.station.current_mA_max,
    fallback_mA: state.fallback.current_mA,
    promised_mA: state.station.fallback_mA,
    fallbackProven: isProven(state.fallback),
    fallbackAfter_ms: state.fallback.after_ms,
    heard_at_ms: state.offlineSince_ms ?? state.heard_at_ms,
    over_permille: state.overdraw.over_permille,
  };
}

/** True when the box does not do what it is told, whether it refuses, falls silent or only says yes. */
export const isDeaf = (state: StationState): boolean =>
  isStubborn(state.ledger) || state.overdraw.ignores || state.escalation.stage !== "none";

/** True when the last reading was taken after the box and the car had their time to follow the setpoint. */
export function isSettled(state: StationState): boolean {
  const { reading, ledger } = state;
  if (reading === null || ledger.acknowledged_at_ms === null) return false;
  return reading.measured_at_ms - ledger.acknowledged_at_ms >= SETTLE_MS && ledger.upper_mA === ledger.setpoint_mA;
}

/**
 * What the car may be drawing on each site phase when the meter is explained: exact after settling; soon after the box
 * confirmed, no more than it was told, so that a load of the building is not taken for cars that have not followed yet
 * (the account of worst cases waits longer); before that anything up to its worst case.
 */
export function drawRange(state: StationState, now_ms: EpochMs): PerPhase<DrawRange> {
  const measured = drawn_mA(state, now_ms);
  const worst = worstCase_mA(state.ledger, boxView(state, now_ms), now_ms);
  const exact = state.online && (isSettled(state) || !isPlugged(state));
  const told_mA = state.online ? followedSetpoint_mA(state, now_ms) : null;
  const reach = activePhases(state);
  if (state.phaseMapDoubted !== null) {
    const highest_mA = Math.max(worst, ...measured.map((value) => value ?? 0));
    return perPhase(() => ({ least_mA: 0, most_mA: highest_mA }));
  }
  return perPhase((phase): DrawRange => {
    const value = onPhase(measured, phase);
    if (!reach.includes(phase)) return { least_mA: 0, most_mA: 0 };
    if (exact && value !== null) return { least_mA: value, most_mA: value };
    if (told_mA !== null) return { least_mA: 0, most_mA: told_mA };
    return { least_mA: 0, most_mA: Math.max(worst, (value ?? 0) + (value === null ? 0 : MEASURE_SLACK_MA)) };
  });
}

/** The setpoint once the box has confirmed it and a car has usually followed; `null` before. */
function followedSetpoint_mA(state: StationState, now_ms: EpochMs): Milliamp | null {
  const { setpoint_mA, acknowledged_at_ms } = state.ledger;
  return acknowledged_at_ms !== null && now_ms - acknowledged_at_ms >= FOLLOW_MS ? setpoint_mA : null;
}
