import type { AllocationEvse, AllocationRequest, Bound, Policy } from "../../core/balancing/index.ts";
import { isStubborn, worstCase_mA } from "../../core/balancing/index.ts";
import { wiredPhases } from "../../core/site/index.ts";
import { millisecond, wattHour } from "../../core/units/index.ts";
import type { EpochMs, WattHour } from "../../core/units/index.ts";
import { boxView } from "./box-view.ts";
import { allocationCircuit, circuitPath, meterTrust } from "./circuit-view.ts";
import type { SiteState, StationState } from "./state.ts";
import { isPlugged } from "./state.ts";

/** Equal amperes for everybody; a running car keeps its place for an hour before it may be paused for another. */
export const DEFAULT_POLICY: Policy = { share: "equal", per: "current", hold_ms: millisecond(3_600_000) };
/** A car that asked for nothing for so long counts as finished and only keeps its minimum if there is room. */
export const FINISHED_AFTER_MS = 180_000;
/** Weight of a finished car: everybody else goes first. */
const FINISHED_WEIGHT = 0.001;

/** True when a car is there, may charge and nobody stopped it. */
export function wantsCurrent(state: StationState): boolean {
  if (!isPlugged(state) || state.stoppedByOwner) return false;
  if (state.status === "Faulted" || state.status === "Unavailable" || state.status === "Reserved") return false;
  return state.evse.running !== null;
}

const isFinished = (state: StationState, now_ms: EpochMs): boolean =>
  (state.status === "SuspendedEV" || state.status === "Finishing") &&
  now_ms - state.statusSince_ms >= FINISHED_AFTER_MS;

/** One snapshot of everything the allocator needs; it reads the state and changes nothing. */
export function allocationRequest(site: SiteState, now_ms: EpochMs, policy: Policy): AllocationRequest {
  return {
    now_ms,
    policy,
    voltage_V: site.model.identity.nominal_V,
    circuits: [...site.circuits.values()].map((circuit) => allocationCircuit(site, circuit, now_ms)),
    evses: [...site.stations.values()].flatMap((state) => asEvse(site, state, now_ms) ?? []),
  };
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
  const stubborn = state.online && isStubborn(state.ledger);
  if (!silent && !stubborn && !wantsCurrent(state)) return null;
  const finished = isFinished(state, now_ms);
  return {
    id: station.id,
    circuit: station.circuitId,
    phases: wiredPhases(station),
    min_mA: station.current_mA_min,
    max_mA: station.current_mA_max,
    step_mA: station.step_mA,
    weight: finished ? FINISHED_WEIGHT : Math.max(1, station.priority),
    plugged_at_ms: state.pluggedAt_ms ?? now_ms,
    charging_since_ms: finished ? null : state.chargingSince_ms,
    attained_Wh: attained_Wh(state),
    needed_Wh: null,
    departure_ms: null,
    bounds: boundsOf(site, state, now_ms, finished),
    reserved:
      silent || stubborn
        ? { current_mA: worstCase_mA(state.ledger, box), kind: silent ? "fallback" : "stubborn" }
        : null,
  };
}

function boundsOf(site: SiteState, state: StationState, now_ms: EpochMs, finished: boolean): readonly Bound[] {
  const { station, vehicle, manualLimit } = state;
  const bounds: Bound[] = [];
  if (finished) bounds.push({ max_mA: station.current_mA_min, kind: "vehicle", ref: station.id });
  else if (vehicle.bound_mA !== null) bounds.push({ max_mA: vehicle.bound_mA, kind: "vehicle", ref: station.id });
  if (manualLimit !== null) bounds.push({ max_mA: manualLimit.limit_mA, kind: "manual", ref: station.id });
  const lost = circuitPath(site, station.circuitId).find((circuit) => meterTrust(site, circuit, now_ms) === "lost");
  if (lost !== undefined)
    bounds.push({ max_mA: station.fallback_mA, kind: "stale_meter", ref: lost.circuit.meterId ?? lost.circuit.id });
  return bounds;
}
