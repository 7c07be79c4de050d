import type { Scenario, ScenarioSession } from "../../core/replay/index.ts";
import { wiredPhases } from "../../core/site/index.ts";
import type { SiteModel, Station } from "../../core/site/index.ts";
import { epochMs, onPhase, perPhase } from "../../core/units/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import type { SessionFilter } from "../../contract/index.ts";
import type { HistoryStore, PhaseStore, SessionStore } from "../storage/types.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** What the advice looks back on. */
export const ADVICE_MS = 30 * DAY_MS;
/** The busiest site's month; more are left out, the oldest first. */
const SESSIONS_MAX = 20_000;
const TICK_MS = 300_000;
const MIN_A = 6;
const STEP_A = 1;
/** Above this mean power a car is taken for one on all phases: it makes the advice smaller, never larger. */
const ONE_PHASE_W_MAX = 3_900;
/** A car that charged for this part of its stay went away hungry. */
const HUNGRY_PART = 0.9;
/** What a hungry car would have wanted: as much as this part of the others took. */
const WANTED_QUANTILE = 0.75;

type Past = {
  readonly sessions: Pick<SessionStore, "iterate">;
  readonly history: Pick<HistoryStore, "energy">;
  readonly phases: Pick<PhaseStore, "carPhases">;
};

type Visit = {
  readonly station: Station;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly energy_Wh: number;
  readonly isHungry: boolean;
  readonly phases: number;
  /** Whether it was seen on how many phases it charges, and not only judged by its power. */
  readonly isSeen: boolean;
};

/**
 * The last 30 days as something that can be lived through again: sessions with what their cars took, or would have taken
 * where they charged to the end, and the building's load by the hour, spread evenly over the phases.
 */
export function pastScenario(
  model: SiteModel,
  stores: Past,
  now_ms: EpochMs,
): { readonly scenario: Scenario; readonly known: number; readonly from_ms: EpochMs } {
  const from_ms = epochMs(Math.max(0, now_ms - ADVICE_MS));
  const visits = visitsOf(model, stores, { from_ms, to_ms: now_ms });
  const wanted_Wh = quantile(visits.filter(({ isHungry }) => !isHungry).map(({ energy_Wh }) => energy_Wh));
  const { nominal_V, timezone } = model.identity;
  const root = model.circuits.find(({ parentId }) => parentId === null);
  const hours = stores.history.energy({ from_ms, to_ms: now_ms }, "hour", timezone, now_ms);
  const scenario: Scenario = {
    site: {
      voltage_V: nominal_V,
      circuits: model.circuits.map(({ id, parentId, fuse_mA, margin_mA, limit_W, system }) => ({
        id,
        parent: parentId,
        limit_A: perPhase((phase) => Math.max(0, onPhase(fuse_mA, phase) - margin_mA) / 1000),
        limit_W,
        system: system ?? "star",
      })),
      evses: model.stations.map((station) => ({
        id: station.id,
        circuit: station.circuitId,
        phases: wiredPhases(station),
        max_A: station.current_mA_max / 1000,
      })),
      otherLoad: hours.flatMap(({ from_ms: t_ms, site_Wh, ev_Wh }) => {
        if (root === undefined || site_Wh === null) return [];
        const load_A = Math.max(0, site_Wh - (ev_Wh ?? 0)) / (3 * nominal_V);
        return [{ t_ms, circuit: root.id, load_A: [load_A, load_A, load_A] as const }];
      }),
    },
    sessions: visits.map((visit) => sessionOf(visit, nominal_V, wanted_Wh)),
    history: null,
    tick_ms: TICK_MS,
    min_A: MIN_A,
    step_A: STEP_A,
    policy: { name: "chargehand", information: "history" },
    channel: null,
    seed: 1,
  };
  return { scenario, known: visits.filter(({ isSeen }) => isSeen).length, from_ms };
}

/** Closed sessions with energy, in the order of their beginning; a bay's next one ends the one before. */
function visitsOf(
  model: SiteModel,
  { sessions, phases }: Pick<Past, "sessions" | "phases">,
  range: { readonly from_ms: number; readonly to_ms: number },
): readonly Visit[] {
  const stations = new Map(model.stations.map((station) => [station.id, station]));
  const seen = phases.carPhases(epochMs(range.from_ms));
  const filter: SessionFilter = { ...range, stationIds: [], customerId: null, state: "closed", text: "" };
  const all: Visit[] = [];
  for (const row of sessions.iterate(filter)) {
    const station = stations.get(row.stationId);
    const { ended_at_ms, started_at_ms, energy_Wh, charging_ms } = row;
    if (station === undefined || ended_at_ms === null || energy_Wh === null || energy_Wh <= 0) continue;
    const stay_ms = ended_at_ms - started_at_ms;
    if (stay_ms < TICK_MS) continue;
    const count = seen.get(row.id) ?? null;
    const mean_W = energy_Wh / (Math.max(TICK_MS, charging_ms ?? stay_ms) / HOUR_MS);
    all.push({
      station,
      from_ms: started_at_ms,
      to_ms: ended_at_ms,
      energy_Wh,
      isHungry: charging_ms !== null && charging_ms >= stay_ms * HUNGRY_PART,
      phases: count ?? (mean_W > ONE_PHASE_W_MAX ? station.phaseCount : 1),
      isSeen: count !== null,
    });
  }
  return apart(all.sort((a, b) => a.from_ms - b.from_ms).slice(-SESSIONS_MAX));
}

/** Visits of one bay do not overlap, whatever clocks said. */
function apart(visits: readonly Visit[]): readonly Visit[] {
  const begins = new Map<string, number>();
  return visits
    .toReversed()
    .flatMap((visit) => {
      const next_ms = begins.get(visit.station.id) ?? Number.POSITIVE_INFINITY;
      begins.set(visit.station.id, visit.from_ms);
      const to_ms = Math.min(visit.to_ms, next_ms);
      return to_ms - visit.from_ms < TICK_MS ? [] : [{ ...visit, to_ms }];
    })
    .toReversed();
}

function sessionOf(visit: Visit, voltage_V: number, wanted_Wh: number): ScenarioSession {
  const { station, from_ms, to_ms, energy_Wh, isHungry } = visit;
  const phases = wiredPhases(station).slice(0, visit.phases);
  const max_A = station.current_mA_max / 1000;
  const most_Wh = ((to_ms - from_ms) / HOUR_MS) * max_A * voltage_V * phases.length;
  return {
    evse: station.id,
    arrival_ms: from_ms,
    departure_ms: to_ms,
    needed_Wh: isHungry ? Math.max(energy_Wh, Math.min(wanted_Wh, most_Wh)) : energy_Wh,
    phases,
    max_A,
    battery: { kind: "ideal" },
    declared: null,
    driver: null,
  };
}

function quantile(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * WANTED_QUANTILE)] ?? 0;
}
