import type { AllocationEvse, AllocationRequest, Bound } from "../../core/balancing/index.ts";
import {
  DRAWS_MA,
  isSkewed,
  policyOf,
  stillNeeded_Wh,
  triedWithMore,
  TRICKLES_AFTER_MS,
  weightFor,
  worstCase_mA,
} from "../../core/balancing/index.ts";
import { milliamp, onPhase, perPhase, wattHour } from "../../core/units/index.ts";
import type { EpochMs, Milliamp, PerPhase, WattHour } from "../../core/units/index.ts";
import { activePhases, boxView, drawn_mA, isDeaf } from "./box-view.ts";
import { allocationCircuit, circuitPath, meterTrust, stationsBelow } from "./circuit-view.ts";
import { safe_mA } from "./fallback.ts";
import type { SiteState, StationState } from "./state.ts";
import { isPlugged } from "./state.ts";

/** A car that asked for nothing for so long counts as finished and only keeps its minimum if there is room. */
export const FINISHED_AFTER_MS = 180_000;
/** A car that was full may want something again: a preheated seat, a departure timer. */
const ASK_AGAIN_MS = 3_600_000;
/** A building's load goes up and down: who gets only what is left does not turn on and off with it. */
const RESTS_MS = 600_000;
/** Every car that charges at all charges at this. */
const BEGINS_MA = 10_000;

/** True when a car is there, may charge and nobody stopped it. */
export function wantsCurrent(state: StationState): boolean {
  if (!isPlugged(state) || state.stoppedByOwner) return false;
  if (state.status === "Faulted" || state.status === "Unavailable" || state.status === "Reserved") return false;
  return state.evse.running !== null;
}

/**
 * Notes when a car showed that it wants nothing, or goes on charging with next to nothing, and keeps that while it is
 * paused for others: offered nothing, no car can say that it is full. It is asked anew when the car draws, and once an hour.
 */
export function followFinished(site: SiteState, state: StationState, now_ms: EpochMs): void {
  const { finishedAt_ms, status } = state;
  const asksNothing = status === "SuspendedEV" || status === "Finishing";
  const asksAgain = finishedAt_ms !== null && now_ms - finishedAt_ms >= ASK_AGAIN_MS;
  // One that never began may need more to begin than its share of a busy site.
  if (asksAgain && attained_Wh(state) === 0) state.habits = triedWithMore(state.habits, most_mA(site, state));
  if (asksAgain || draws(state, now_ms)) state.finishedAt_ms = null;
  // After a pause a car needs a while to begin: what it drew before says nothing then.
  if (asksAgain || status !== "Charging") state.vehicle = { ...state.vehicle, tricklesSince_ms: null };
  const trickles_ms = now_ms - (state.vehicle.tricklesSince_ms ?? now_ms);
  const hasEnough = asksNothing ? now_ms - state.statusSince_ms >= FINISHED_AFTER_MS : trickles_ms >= TRICKLES_AFTER_MS;
  if (hasEnough) state.finishedAt_ms ??= now_ms;
}

/** What this bay could have if it were alone and nobody took anything else. */
function most_mA(site: SiteState, state: StationState): number {
  const { station, manualLimit } = state;
  const path = circuitPath(site, station.circuitId);
  const fuses = path.flatMap(({ circuit }) =>
    activePhases(state).map((phase) => onPhase(circuit.fuse_mA, phase) - circuit.margin_mA),
  );
  const isHeldBack = path.some(({ circuit }) => site.arming.heldBack.has(circuit.id));
  const held_mA = isHeldBack ? heldBackTo_mA(state) : Infinity;
  return Math.min(station.current_mA_max, manualLimit?.limit_mA ?? Infinity, held_mA, ...fuses);
}

/** True when the car charges, as far as anybody can say: a box that measures no current has only its word. */
function draws(state: StationState, now_ms: EpochMs): boolean {
  const currents = drawn_mA(state, now_ms);
  return state.status === "Charging" && currents.some((current) => current === null || current >= DRAWS_MA);
}

/** One snapshot of everything the allocator needs; it reads the state and changes nothing. */
export function allocationRequest(site: SiteState, now_ms: EpochMs): AllocationRequest {
  return {
    now_ms,
    policy: policyOf(site.sharing.site),
    voltage_V: site.model.identity.nominal_V,
    usage: { overload: site.usage.overload, skewed: isSkewed(site.usage) },
    circuits: [...site.circuits.values()].map((circuit) => {
      const plain = allocationCircuit(site, circuit, now_ms);
      const over_mA = overdrawn_mA(stationsBelow(site, plain.id), now_ms);
      return {
        ...plain,
        otherLoad_mA: perPhase((phase) => milliamp(onPhase(plain.otherLoad_mA, phase) + onPhase(over_mA, phase))),
      };
    }),
    evses: [...site.stations.values()].flatMap((state) => asEvse(site, state, now_ms) ?? []),
  };
}

/**
 * What these boxes take above their setpoints, per phase: it comes out of what everybody shares (balancing.md R1). A
 * stubborn box is reserved whole, with what it draws.
 */
function overdrawn_mA(below: readonly StationState[], now_ms: EpochMs): PerPhase<number> {
  const over = below.filter((state) => state.overdraw.over_mA > 0 && !(state.online && isDeaf(state)));
  return perPhase((phase) =>
    over.reduce((sum, state) => {
      if (!activePhases(state).includes(phase)) return sum;
      const drawn = onPhase(drawn_mA(state, now_ms), phase);
      return sum + (drawn === null ? state.overdraw.over_mA : Math.min(drawn, state.overdraw.over_mA));
    }, 0),
  );
}

/** Attained energy of the running session. */
export function attained_Wh(state: StationState): WattHour {
  const { running } = state.evse;
  const first = running?.opened.start_Wh ?? null;
  const last = running?.lastRegister?.register_Wh ?? null;
  return wattHour(first === null || last === null ? 0 : Math.max(0, last - first));
}

function asEvse(site: SiteState, state: StationState, now_ms: EpochMs): AllocationEvse | null {
  const { station } = state;
  const box = boxView(state, now_ms);
  const silent = !state.online;
  const stubborn = state.online && isDeaf(state);
  if (!silent && !stubborn && !wantsCurrent(state)) return null;
  const finished = state.finishedAt_ms !== null;
  return {
    id: station.id,
    circuit: station.circuitId,
    phases: activePhases(state),
    min_mA: minimum_mA(state),
    max_mA: station.current_mA_max,
    step_mA: station.step_mA,
    weight: weightFor(policyOf(site.sharing.site), station.priority),
    priorityClass: station.priority,
    plugged_at_ms: state.pluggedAt_ms ?? now_ms,
    charging_since_ms: finished ? null : state.chargingSince_ms,
    attained_Wh: attained_Wh(state),
    finished,
    // A car that asked for nothing has what it needs.
    needed_Wh: neededBy(state, finished),
    departure_ms: finished ? null : (state.expected?.departure_ms ?? null),
    neverPause: state.habits.neverPause,
    bounds: boundsOf(site, state, now_ms, finished),
    reserved:
      silent || stubborn
        ? { current_mA: worstCase_mA(state.ledger, box, now_ms), kind: silent ? "fallback" : "stubborn" }
        : null,
  };
}

function neededBy(state: StationState, finished: boolean): WattHour | null {
  if (finished) return attained_Wh(state);
  return state.expected === null ? null : stillNeeded_Wh(state.expected.needed_Wh, attained_Wh(state));
}

/** The bay's minimum, or the next step above it that its box can be told. */
const leastOfBay_mA = ({ station, port }: StationState): Milliamp =>
  milliamp(Math.max(station.current_mA_min, port?.least_mA?.() ?? 0));

/**
 * The least of the bay, or what this car has shown to need or to take whatever it is told, as far as the bay can give it. A
 * bay that may have less than its box can be told gets nothing: what were booked for it nobody could take.
 */
export function minimum_mA(state: StationState): Milliamp {
  const { station, habits, overdraw } = state;
  const shown_mA = Math.min(station.current_mA_max, Math.max(habits.min_mA ?? 0, overdraw.anyway_mA ?? 0));
  return milliamp(Math.max(leastOfBay_mA(state), shown_mA));
}

/**
 * A car that asks for nothing keeps its minimum. One that never charged and was never offered more than little may need
 * more to begin: it is shown that where nobody else wants it.
 */
function finishedBound_mA(state: StationState): Milliamp {
  const minimum = minimum_mA(state);
  const neverShown = attained_Wh(state) === 0 && state.habits.idleAt_mA > 0;
  return neverShown ? milliamp(Math.max(minimum, BEGINS_MA)) : minimum;
}

function boundsOf(site: SiteState, state: StationState, now_ms: EpochMs, finished: boolean): readonly Bound[] {
  const { station, vehicle, manualLimit } = state;
  const bounds: Bound[] = [];
  const min_mA = minimum_mA(state);
  if (finished && rests(state, now_ms))
    bounds.push({ max_mA: milliamp(0), kind: "policy_share", ref: station.circuitId });
  if (finished) bounds.push({ max_mA: finishedBound_mA(state), kind: "vehicle", ref: station.id });
  else if (vehicle.bound_mA !== null)
    // Below what it needs to charge at all a car that takes little would have nothing, for ever.
    bounds.push({ max_mA: milliamp(Math.max(min_mA, vehicle.bound_mA)), kind: "vehicle", ref: station.id });
  if (state.testBound_mA !== null) bounds.push({ max_mA: state.testBound_mA, kind: "manual", ref: station.id });
  if (manualLimit !== null) bounds.push({ max_mA: manualLimit.limit_mA, kind: "manual", ref: station.id });
  const path = circuitPath(site, station.circuitId);
  const tooSmall = path.find(({ circuit }) => site.arming.heldBack.has(circuit.id));
  if (tooSmall !== undefined)
    bounds.push({ max_mA: heldBackTo_mA(state), kind: "not_armed", ref: tooSmall.circuit.id });
  const lost = path.find((circuit) => meterTrust(site, circuit, now_ms) === "lost");
  if (lost !== undefined)
    bounds.push({ max_mA: safe_mA(state), kind: "stale_meter", ref: lost.circuit.meterId ?? lost.circuit.id });
  return bounds;
}

/** True for a car that was full and just lost what was left for it. One that never began may need more to begin, and is shown that. */
function rests(state: StationState, now_ms: EpochMs): boolean {
  const { withheldSince_ms } = state;
  if (withheldSince_ms === null || attained_Wh(state) === 0) return false;
  return now_ms >= withheldSince_ms && now_ms - withheldSince_ms < RESTS_MS;
}

/** A box whose safe current is nothing charges with its least, or the site could not be tried at all. */
const heldBackTo_mA = (state: StationState): Milliamp => milliamp(Math.max(safe_mA(state), leastOfBay_mA(state)));
