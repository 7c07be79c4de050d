import type { CircuitLive, LiveUpdate, SiteLive, StationLive } from "../../contract/index.ts";
import { bayState, wiredPhases } from "../../core/site/index.ts";
import { price } from "../../core/tariff/index.ts";
import { worstCase_mA } from "../../core/balancing/index.ts";
import { millisecond, milliamp, onPhase, perPhase, PHASES } from "../../core/units/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import { cardAlias } from "../storage/card-alias.ts";
import { activePhases, boxView, drawn_mA, power_W } from "./box-view.ts";
import {
  circuitTotal_mA,
  evLoad_mA,
  meterAge_ms,
  meterTrust,
  otherLoad_mA,
  reservedForOthers_mA,
  stationsBelow,
  workingLimit_mA,
  mainLimit,
} from "./circuit-view.ts";
import { attained_Wh, minimum_mA, wantsCurrent } from "./allocation-input.ts";
import type { CircuitState, SiteState, StationState } from "./state.ts";

/** Cost so far at the session's own tariff, in minor units including tax; the invoice's function, not another one. */
export function costSoFar_minor(state: StationState): number | null {
  const { context, evse } = state;
  const last = evse.running?.lastRegister ?? null;
  if (context === null || last === null || evse.running?.opened.start_Wh === null) return null;
  const { cost } = price(context.tariff, {
    energy_Wh: attained_Wh(state),
    charging_ms: millisecond(0),
    parked_ms: millisecond(0),
  });
  return Number(cost.gross_minor);
}

export function stationLive(state: StationState, now_ms: EpochMs): StationLive {
  const { station, reading, grant, evse } = state;
  const session = evse.running;
  return {
    stationId: station.id,
    name: station.name,
    circuitId: station.circuitId,
    phases: [...wiredPhases(station)],
    countedPhases: [...activePhases(state)],
    state: displayOf(state),
    status: state.status,
    controlPilot: reading?.controlPilot ?? null,
    since_ms: state.statusSince_ms,
    online: state.online,
    measured_at_ms: reading?.measured_at_ms ?? null,
    max_mA: station.current_mA_max,
    min_mA: minimum_mA(state),
    fallback_mA: station.fallback_mA,
    requested_mA: wantsCurrent(state) ? (state.vehicle.bound_mA ?? station.current_mA_max) : null,
    granted_mA: grant.current_mA,
    confirmed_mA: state.ledger.acknowledged_at_ms === null ? null : state.ledger.setpoint_mA,
    drawn_mA: [...drawn_mA(state, now_ms)],
    power_W: power_W(state, now_ms),
    because: grant.because.map((rung) => ({ ...rung })),
    queuePlace: grant.queuePlace,
    queueTurn: state.turn,
    errorCode: state.status === "Faulted" ? (reading?.errorCode ?? null) : null,
    session:
      session === null
        ? null
        : {
            sessionId: session.opened.id,
            started_at_ms: session.opened.started_at_ms,
            energy_Wh: session.lastRegister === null || session.opened.start_Wh === null ? null : attained_Wh(state),
            cardAlias: session.opened.idToken === null ? null : cardAlias(session.opened.idToken),
            customerName: state.context?.customerName ?? null,
            gross_minor: costSoFar_minor(state),
          },
  };
}

export const displayOf = (state: StationState): StationLive["state"] =>
  bayState({
    online: state.online,
    status: state.status,
    granted_mA: state.grant.current_mA,
    because: state.grant.because,
    queued: state.grant.queuePlace !== null,
    finished: state.finishedAt_ms !== null,
  });

export function circuitLive(site: SiteState, state: CircuitState, now_ms: EpochMs): CircuitLive {
  const { circuit } = state;
  const below = stationsBelow(site, circuit.id);
  const ev = evLoad_mA(below, now_ms);
  const other = otherLoad_mA(site, state, now_ms);
  const trust = meterTrust(site, state, now_ms);
  const limit = workingLimit_mA(state);
  const measured = circuit.meterId !== null && trust !== "lost";
  const total = circuitTotal_mA(site, state, now_ms);
  const reserved = perPhase((phase) => {
    const worst = below.reduce(
      (sum, one) =>
        sum + (activePhases(one).includes(phase) ? worstCase_mA(one.ledger, boxView(one, now_ms), now_ms) : 0),
      0,
    );
    return milliamp(Math.max(0, worst - onPhase(ev, phase)));
  });
  const keptFor = reservedForOthers_mA(site, state, now_ms);
  const shown = perPhase((phase) =>
    milliamp(measured ? Math.max(0, onPhase(total, phase) - onPhase(ev, phase)) : onPhase(other, phase)),
  );
  return {
    circuitId: circuit.id,
    name: circuit.name,
    parentId: circuit.parentId,
    meterId: circuit.meterId,
    mode: circuit.meterId === null ? "calculated" : trust === "lost" ? "fallback" : "measured",
    meterAge_ms: meterAge_ms(site, state, now_ms),
    fuse_mA: [...circuit.fuse_mA],
    limit_mA: [...limit],
    other_mA: [...shown],
    kept_mA: perPhaseArray((phase) => Math.max(0, onPhase(keptFor, phase) - onPhase(shown, phase))),
    ev_mA: [...ev],
    reserved_mA: [...reserved],
    total_mA: [...total],
    free_mA: perPhaseArray((phase) => Math.max(0, onPhase(limit, phase) - onPhase(total, phase))),
    over_mA: perPhaseArray((phase) => Math.max(0, onPhase(total, phase) - onPhase(circuit.fuse_mA, phase))),
  };
}

const perPhaseArray = (make: (phase: (typeof PHASES)[number]) => number): [number, number, number] => [
  make("L1"),
  make("L2"),
  make("L3"),
];

export type SiteFacts = { readonly demo: boolean; readonly speed: number; readonly openAlerts: number };

/** The whole site this second, as every open window shows it. */
export function liveUpdate(site: SiteState, now_ms: EpochMs, facts: SiteFacts, seq: number): LiveUpdate {
  const stations = [...site.stations.values()].map((state) => stationLive(state, now_ms));
  const circuits = [...site.circuits.values()].map((state) => circuitLive(site, state, now_ms));
  return { seq, full: true, site: siteLive(site, stations, circuits, now_ms, facts), circuits, stations };
}

function siteLive(
  site: SiteState,
  stations: readonly StationLive[],
  circuits: readonly CircuitLive[],
  now_ms: EpochMs,
  facts: SiteFacts,
): SiteLive {
  const { identity } = site.model;
  const counts: SiteLive["counts"] = {
    free: 0,
    charging: 0,
    limited: 0,
    waiting: 0,
    occupied: 0,
    fault: 0,
    offline: 0,
  };
  for (const station of stations) counts[station.state] += 1;
  const meters = [...site.meters.values()];
  const metersOnline = meters.filter(
    (meter) => meter.reading !== null && now_ms - meter.reading.measured_at_ms <= 30_000,
  ).length;
  return {
    at_ms: now_ms,
    name: identity.name,
    timezone: identity.timezone,
    currency: identity.currency,
    demo: facts.demo,
    speed: facts.speed,
    power_W: sitePower_W(site, now_ms),
    evPower_W: evPower_W(site, now_ms),
    fuse_W: mainLimit(site).limit_W,
    counts,
    tightest: tightest(circuits),
    devicesOnline: stations.filter((station) => station.online).length + metersOnline,
    devicesTotal: stations.length + meters.length,
    openAlerts: facts.openAlerts,
    arming: site.arming.state,
  };
}

/** Sum of what the boxes measure now; one without a fresh value adds nothing. */
export function evPower_W(site: SiteState, now_ms: EpochMs): number {
  let sum = 0;
  for (const state of site.stations.values()) if (state.online) sum += power_W(state, now_ms) ?? 0;
  return sum;
}

/** What the root circuit's meter shows; without a meter the sum of all boxes. */
export function sitePower_W(site: SiteState, now_ms: EpochMs): number | null {
  const root = [...site.circuits.values()].find((state) => state.circuit.parentId === null);
  if (root === undefined) return null;
  if (root.circuit.meterId === null) return evPower_W(site, now_ms);
  if (meterTrust(site, root, now_ms) === "lost") return null;
  return site.meters.get(root.circuit.meterId)?.reading?.power_W ?? null;
}

function tightest(circuits: readonly CircuitLive[]): SiteLive["tightest"] {
  let least: SiteLive["tightest"] = null;
  for (const circuit of circuits)
    for (const phase of PHASES) {
      const free_mA = onPhase(circuit.free_mA, phase);
      if (least !== null && least.free_mA <= free_mA) continue;
      least = {
        circuitId: circuit.circuitId,
        name: circuit.name,
        phase,
        used_mA: onPhase(circuit.total_mA, phase),
        limit_mA: onPhase(circuit.limit_mA, phase),
        free_mA,
      };
    }
  return least;
}

/** What changed since `before`: the site and circuits always, stations only where something is different. */
export function changesSince(before: LiveUpdate, now: LiveUpdate): LiveUpdate {
  const old = new Map(before.stations.map((station) => [station.stationId, JSON.stringify(station)]));
  return {
    ...now,
    full: false,
    stations: now.stations.filter((station) => old.get(station.stationId) !== JSON.stringify(station)),
  };
}
