import { isStubborn } from "../../core/balancing/index.ts";
import type { CommissioningProblem } from "../../core/site/index.ts";
import { onPhase, PHASES } from "../../core/units/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { Alert } from "../../contract/index.ts";
import type { AlertStore } from "../storage/types.ts";
import { circuitTotal_mA, meterAge_ms, meterTrust } from "./circuit-view.ts";
import { isProven } from "./fallback.ts";
import type { StorageTrouble } from "./storage-trouble.ts";
import type { SiteState, StationState } from "./state.ts";

/** A step of the building's load lasts until cars have followed; longer than this over the fuse is an alarm. */
export const OVER_FUSE_ALARM_MS = 15_000;
/** Boxes come and go with their radio; after this it is worth a person's attention. */
export const OFFLINE_ALARM_MS = 60_000;
/** After a start everything gets this long to answer before silence is reported. */
export const GRACE_MS = 60_000;
/** Boxes hold their fallback in steps of up to 1 A. */
const DIFFERS_MA = 1_000;

export type Wanted = {
  readonly code: Alert["code"];
  readonly severity: Alert["severity"];
  readonly ref: string;
  readonly inputs: Alert["inputs"];
};

/** What is wrong right now, judged from the state alone. */
export function currentAlarms(
  site: SiteState,
  now_ms: EpochMs,
  started_at_ms: EpochMs,
  others: { readonly fallbackProblems: readonly CommissioningProblem[]; readonly storage: StorageTrouble },
): readonly Wanted[] {
  const wanted: Wanted[] = [...storageAlarm(others.storage, now_ms)];
  for (const circuit of site.circuits.values()) {
    const { id, meterId, fuse_mA } = circuit.circuit;
    if (circuit.overSince_ms !== null && now_ms - circuit.overSince_ms >= OVER_FUSE_ALARM_MS) {
      const total = circuitTotal_mA(site, circuit, now_ms);
      const worst = PHASES.map((phase) => ({ phase, over: onPhase(total, phase) - onPhase(fuse_mA, phase) })).reduce(
        (a, b) => (b.over > a.over ? b : a),
      );
      wanted.push({
        code: "over-fuse",
        severity: "safety",
        ref: id,
        inputs: { phase: worst.phase, over_mA: Math.max(0, worst.over), for_ms: now_ms - circuit.overSince_ms },
      });
    }
    if (now_ms - started_at_ms >= GRACE_MS && meterTrust(site, circuit, now_ms) === "lost")
      wanted.push({
        code: "meter-stale",
        severity: "stopped",
        ref: meterId ?? id,
        inputs: { circuit: id, age_ms: meterAge_ms(site, circuit, now_ms) },
      });
  }
  for (const state of site.stations.values()) wanted.push(...stationAlarms(state, now_ms, started_at_ms));
  for (const { circuitId, phase, sum_mA, limit_mA, basis } of others.fallbackProblems)
    wanted.push({
      code: "fallback-too-high",
      // What a person has taken on, or what only a meter has seen, holds nobody back.
      severity: site.arming.heldBack.has(circuitId) ? "stopped" : basis === "seen" ? "info" : "degraded",
      ref: circuitId,
      inputs: { phase, sum_mA, limit_mA },
    });
  return wanted;
}

function storageAlarm(storage: StorageTrouble, now_ms: EpochMs): readonly Wanted[] {
  const alert = storage.alert(now_ms);
  return alert === null ? [] : [alert];
}

function stationAlarms(state: StationState, now_ms: EpochMs, started_at_ms: EpochMs): readonly Wanted[] {
  const wanted: Wanted[] = [...fallbackAlarms(state), ...phaseAlarm(state)];
  const ref = state.station.id;
  const silentSince = state.heard_at_ms ?? started_at_ms;
  if (!state.online && now_ms - silentSince >= OFFLINE_ALARM_MS)
    wanted.push({
      code: "station-offline",
      severity: "degraded",
      ref,
      inputs: { reserved_mA: state.grant.current_mA, silent_ms: now_ms - silentSince },
    });
  if (!state.online) return wanted;
  if (state.status === "Faulted")
    wanted.push({
      code: "station-fault",
      severity: "stopped",
      ref,
      inputs: { error: state.reading?.errorCode ?? null },
    });
  // One does not take its limit, the other takes it and draws more: that is not the same to look for.
  if (isStubborn(state.ledger))
    wanted.push({
      code: "control-failed",
      severity: "degraded",
      ref,
      inputs: { misses: state.ledger.misses, last: state.lastFailure },
    });
  else if (state.overdraw.ignores)
    wanted.push({
      code: "station-stubborn",
      severity: "degraded",
      ref,
      inputs: { over_limit_mA: state.overdraw.over_mA },
    });
  return wanted;
}

/** What a box does without us, where it is other than the site file promises. */
function fallbackAlarms({ station, fallback }: StationState): readonly Wanted[] {
  const { kind, shown_mA, timeout_ms } = fallback;
  const proven = isProven(fallback);
  const promised_mA = station.fallback_mA;
  if (kind === "unsafe" && !proven)
    return [
      {
        code: "fallback-unsafe",
        severity: "degraded",
        ref: station.id,
        inputs: { counted_mA: fallback.current_mA, promised_mA, timeout_ms },
      },
    ];
  if (!proven || shown_mA === null || Math.abs(shown_mA - promised_mA) < DIFFERS_MA) return [];
  return [
    {
      code: "fallback-differs",
      severity: shown_mA > promised_mA ? "degraded" : "info",
      ref: station.id,
      inputs: { shown_mA, promised_mA, timeout_ms },
    },
  ];
}

/** It is certainly wired otherwise than the site file says, and counts on all phases meanwhile. */
function phaseAlarm({ station, phaseMapDoubted }: StationState): readonly Wanted[] {
  if (phaseMapDoubted === null) return [];
  const inputs = { configured: station.rotation, found: phaseMapDoubted.found, steps: phaseMapDoubted.steps };
  return [{ code: "phase-map-differs", severity: "degraded", ref: station.id, inputs }];
}

const WATCHED: ReadonlySet<Alert["code"]> = new Set([
  "over-fuse",
  "meter-stale",
  "station-offline",
  "station-fault",
  "station-stubborn",
  "control-failed",
  "fallback-too-high",
  "fallback-unsafe",
  "fallback-differs",
  "phase-map-differs",
  "storage",
  "overload-lasting",
  "overload-thermal",
  "overload-pause",
  "signal-lost",
  "signal-late",
]);

/**
 * Ends what is over and opens what is new. An alarm that goes on is not counted again; one that became graver or lighter is
 * another. Of several of one kind about one thing the gravest is told.
 */
export function watchAlarms(
  alerts: Pick<AlertStore, "open" | "raise" | "end">,
  wanted: readonly Wanted[],
  now_ms: EpochMs,
): void {
  const keyOf = (alarm: Pick<Wanted, "code" | "ref">): string => `${alarm.code} ${alarm.ref}`;
  const gravest = new Map<string, Wanted>();
  for (const alarm of wanted) {
    const other = gravest.get(keyOf(alarm));
    if (other === undefined || GRAVITY[alarm.severity] > GRAVITY[other.severity]) gravest.set(keyOf(alarm), alarm);
  }
  for (const alert of alerts.open()) {
    if (!WATCHED.has(alert.code)) continue;
    const alarm = gravest.get(keyOf(alert));
    if (alarm?.severity === alert.severity) gravest.delete(keyOf(alert));
    else alerts.end(alert.code, alert.ref, now_ms);
  }
  for (const alarm of gravest.values()) alerts.raise(alarm, now_ms);
}

const GRAVITY: Readonly<Record<Alert["severity"], number>> = { safety: 3, stopped: 2, degraded: 1, info: 0 };

/** Notes since when each circuit is above its fuse on any phase, by its meter or by what its boxes draw. */
export function watchFuses(site: SiteState, now_ms: EpochMs): void {
  for (const circuit of site.circuits.values()) {
    const total = circuitTotal_mA(site, circuit, now_ms);
    const over = PHASES.some((phase) => onPhase(total, phase) > onPhase(circuit.circuit.fuse_mA, phase));
    circuit.overSince_ms = over ? (circuit.overSince_ms ?? now_ms) : null;
  }
}
