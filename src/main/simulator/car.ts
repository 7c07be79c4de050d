import { milliamp, type Milliamp, type PerPhase } from "../../core/units/index.ts";
import { draw } from "./random.ts";

/** What a car is: fixed while it stands at a bay. */
export type CarModel = {
  readonly name: string;
  /** Phases of its on-board charger; it uses the box's first ones. */
  readonly phases: 1 | 2 | 3;
  readonly current_mA_max: Milliamp;
  readonly battery_Wh: number;
  /** Thousandths of the battery at which the driver wants it to end. */
  readonly target_permille: number;
  /** Dead time and ramp until a new limit is followed. IEC 61851-1 allows 5 s. */
  readonly follow_ms: readonly [number, number];
  /** Extra wait before it draws again after a pause. */
  readonly resume_ms: number;
  /** Takes a break now and then although it is offered current. */
  readonly pausesItself: boolean;
  /** Draws this much more than it is offered, in thousandths: some cars do. */
  readonly overdraw_permille: number;
};

/** Everything that changes; plain data, so a state can be kept and compared. */
export type CarState = {
  readonly stored_mWh: number;
  /** What is left below one mWh, in microjoules (mW·ms): energy is never rounded away. */
  readonly rest_uJ: number;
  readonly received_mWh: number;
  readonly offered_mA: number;
  /** Line per phase that follows the offer; the battery may take less. */
  readonly following_mA: number;
  readonly ramp: {
    readonly from_mA: number;
    readonly to_mA: number;
    readonly dead_until_ms: number;
    readonly until_ms: number;
  } | null;
  readonly drawn_mA: number;
  readonly mode: "waiting" | "charging" | "pausing" | "full";
  readonly pauseUntil_ms: number;
  readonly random: number;
};

/** Below this offer a car must stop. IEC 61851-1 A.4. */
export const OFFER_mA_min = 6000;
/** From here on the battery takes less and less. */
const TAPER_FROM_permille = 800;
/** A charger draws no less than this until it ends, so that every charge comes to its end. */
const TAPER_mA_min = 1500;
/** A limit that changes while the last change is still being followed is met no sooner than this. */
const REACTION_ms_min = 500;
const PAUSE_CHANCE_PER_HOUR = 0.4;
const PAUSE_ms = [60_000, 300_000] as const;
const UJ_PER_MWH = 3_600_000;

/** A car that has just been plugged in with `soc_permille` of its battery filled. */
export function pluggedCar(model: CarModel, soc_permille: number, seed: number): CarState {
  return {
    stored_mWh: Math.round(model.battery_Wh * soc_permille),
    rest_uJ: 0,
    received_mWh: 0,
    offered_mA: 0,
    following_mA: 0,
    ramp: null,
    drawn_mA: 0,
    mode: "waiting",
    pauseUntil_ms: 0,
    random: seed >>> 0,
  };
}

/** Filled share of the battery in thousandths. */
export const soc_permille = (model: CarModel, state: CarState): number => state.stored_mWh / model.battery_Wh;

/** What the battery takes per phase at this charge, whatever is offered; 0 when the wanted charge is reached. */
export function appetite_mA(model: CarModel, state: CarState): number {
  const soc = soc_permille(model, state);
  if (soc >= model.target_permille) return 0;
  if (soc <= TAPER_FROM_permille) return model.current_mA_max;
  const share = (1000 - soc) / (1000 - TAPER_FROM_permille);
  return Math.max(TAPER_mA_min, Math.round(model.current_mA_max * share));
}

/** One step of time under an offer. */
export type CarStep = {
  /** End of the step. */
  readonly now_ms: number;
  readonly dt_ms: number;
  /** What the pilot signals; 0: contactor open or no pilot. */
  readonly offered_mA: number;
  /** Phases the box can give. */
  readonly wiredPhases: 1 | 2 | 3;
  readonly voltage_mV: PerPhase<number>;
};
export type CarResult = {
  readonly state: CarState;
  /** In the box's own phase order. */
  readonly drawn_mA: PerPhase<Milliamp>;
  readonly power_mW: number;
  /** Energy of this step in µJ (mW·ms): exactly power × time. */
  readonly energy_uJ: number;
};

/**
 * Moves the car on by one step. It follows a new offer after its dead time and ramp, takes nothing below 6 A, never
 * more than its own maximum, and what it received equals the sum of all `energy_uJ`.
 */
export function stepCar(model: CarModel, before: CarState, step: CarStep): CarResult {
  const followed = follow(model, before, step);
  const paused = pauseOrResume(model, followed, step);
  const wanted_mA = paused.mode === "charging" ? Math.min(paused.following_mA, appetite_mA(model, paused)) : 0;
  const drawn_mA = Math.round((wanted_mA * (1000 + model.overdraw_permille)) / 1000);
  const phases = Math.min(model.phases, step.wiredPhases);
  const own: PerPhase<Milliamp> = [
    milliamp(drawn_mA),
    milliamp(phases >= 2 ? drawn_mA : 0),
    milliamp(phases >= 3 ? drawn_mA : 0),
  ];
  const power_mW = Math.round(
    (own[0] * step.voltage_mV[0] + own[1] * step.voltage_mV[1] + own[2] * step.voltage_mV[2]) / 1000,
  );
  const energy_uJ = power_mW * step.dt_ms;
  const total_uJ = paused.rest_uJ + energy_uJ;
  const whole_mWh = Math.floor(total_uJ / UJ_PER_MWH);
  const state: CarState = {
    ...paused,
    drawn_mA,
    stored_mWh: paused.stored_mWh + whole_mWh,
    received_mWh: paused.received_mWh + whole_mWh,
    rest_uJ: total_uJ - whole_mWh * UJ_PER_MWH,
  };
  return { state, drawn_mA: own, power_mW, energy_uJ };
}

function follow(model: CarModel, state: CarState, step: CarStep): CarState {
  const start_ms = step.now_ms - step.dt_ms;
  const rampsTo = (next: CarState): CarState => {
    const { ramp } = next;
    if (ramp === null) return next;
    if (step.now_ms >= ramp.until_ms) return { ...next, following_mA: ramp.to_mA, ramp: null };
    if (step.now_ms <= ramp.dead_until_ms) return next;
    const share = (step.now_ms - ramp.dead_until_ms) / (ramp.until_ms - ramp.dead_until_ms);
    return { ...next, following_mA: Math.round(ramp.from_mA + (ramp.to_mA - ramp.from_mA) * share) };
  };
  if (step.offered_mA === state.offered_mA) return rampsTo(state);
  const drawn = draw(state.random);
  const [fastest_ms, slowest_ms] = model.follow_ms;
  const to_mA = step.offered_mA < OFFER_mA_min ? 0 : Math.min(step.offered_mA, model.current_mA_max);
  const resume_ms = state.following_mA === 0 && to_mA > 0 && state.received_mWh > 0 ? model.resume_ms : 0;
  const fresh_ms = start_ms + fastest_ms + (slowest_ms - fastest_ms) * drawn.value + resume_ms;
  // An offer that keeps changing is followed within the time of its first change, or it would never be.
  const until_ms =
    state.ramp === null ? fresh_ms : Math.min(fresh_ms, Math.max(state.ramp.until_ms, start_ms + REACTION_ms_min));
  const dead_until_ms = start_ms + (until_ms - start_ms) / 2;
  return rampsTo({
    ...state,
    random: drawn.next,
    offered_mA: step.offered_mA,
    ramp: { from_mA: state.following_mA, to_mA, dead_until_ms, until_ms },
  });
}

function pauseOrResume(model: CarModel, state: CarState, step: CarStep): CarState {
  if (soc_permille(model, state) >= model.target_permille) return { ...state, mode: "full" };
  if (state.following_mA === 0) return state.mode === "waiting" ? state : { ...state, mode: "waiting" };
  if (state.mode === "pausing") return step.now_ms < state.pauseUntil_ms ? state : { ...state, mode: "charging" };
  if (!model.pausesItself) return state.mode === "charging" ? state : { ...state, mode: "charging" };
  const now = draw(state.random);
  if (now.value >= (PAUSE_CHANCE_PER_HOUR * step.dt_ms) / 3_600_000)
    return { ...state, random: now.next, mode: "charging" };
  const long = draw(now.next);
  const pause_ms = PAUSE_ms[0] + (PAUSE_ms[1] - PAUSE_ms[0]) * long.value;
  return { ...state, random: long.next, mode: "pausing", pauseUntil_ms: step.now_ms + pause_ms };
}
