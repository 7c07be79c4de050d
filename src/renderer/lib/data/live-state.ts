import type { CircuitLive, LiveUpdate, SiteLive, StationLive } from "../../../contract/index.ts";

/** The site as the page knows it. `received_at_ms` is on the viewer's clock, everything inside on the engine's. */
export type LiveState = {
  readonly site: SiteLive | null;
  readonly circuits: readonly CircuitLive[];
  readonly stationIds: readonly string[];
  readonly stations: Readonly<Record<string, StationLive>>;
  readonly received_at_ms: number | null;
};

export const NO_LIVE_STATE: LiveState = {
  site: null,
  circuits: [],
  stationIds: [],
  stations: {},
  received_at_ms: null,
};

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index]);

/** Two updates as one: a full one replaces what went before, a partial one brings the circuits and stations it names. */
export function applyUpdate(state: LiveState, update: LiveUpdate, received_at_ms: number): LiveState {
  const changed = Object.fromEntries(update.stations.map((station) => [station.stationId, station]));
  if (update.full) {
    const stationIds = update.stations.map(({ stationId }) => stationId);
    return {
      site: update.site,
      circuits: update.circuits,
      stationIds: sameList(stationIds, state.stationIds) ? state.stationIds : stationIds,
      stations: changed,
      received_at_ms,
    };
  }
  const added = update.stations.map(({ stationId }) => stationId).filter((id) => !(id in state.stations));
  const circuits = new Map(state.circuits.map((circuit) => [circuit.circuitId, circuit]));
  for (const circuit of update.circuits) circuits.set(circuit.circuitId, circuit);
  return {
    site: update.site,
    circuits: update.circuits.length === 0 ? state.circuits : [...circuits.values()],
    stationIds: added.length === 0 ? state.stationIds : [...state.stationIds, ...added],
    stations: update.stations.length === 0 ? state.stations : { ...state.stations, ...changed },
    received_at_ms,
  };
}
