import type { CircuitLive, DisplayState, StationLive } from "../../../contract/index.ts";
import { STATES } from "../../lib/tokens/tokens.ts";
import type { Density } from "../../lib/preferences/preferences.ts";
import { oneOf, type RawSearch, textOf } from "../../lib/url/url-state.ts";

export const STATE_FILTERS = ["all", ...STATES] as const satisfies readonly ("all" | DisplayState)[];
export type StateFilter = (typeof STATE_FILTERS)[number];
export const SORTS = ["circuit", "name", "attention"] as const;
export type Sort = (typeof SORTS)[number];
export const PANELS = ["charger", "why"] as const;

/** What the Live screen keeps in its address. */
export type LiveSearch = {
  readonly state: StateFilter;
  readonly sort: Sort;
  readonly text: string;
  readonly circuit: string | null;
  readonly station: string | null;
  readonly panel: (typeof PANELS)[number];
};

export const parseLiveSearch = (raw: RawSearch): LiveSearch => ({
  state: oneOf(STATE_FILTERS, raw["state"], "all"),
  sort: oneOf(SORTS, raw["sort"], "circuit"),
  text: textOf(raw["text"]) ?? "",
  circuit: textOf(raw["circuit"], 64),
  station: textOf(raw["station"], 64),
  panel: oneOf(PANELS, raw["panel"], "charger"),
});

const CARDS_MAX = 12;
const COMPACT_MAX = 40;

/** How much one charger may take of the screen: the person's choice, else by how many there are. */
export function densityFor(choice: Density, count: number): Exclude<Density, "auto"> {
  if (choice !== "auto") return choice;
  if (count <= CARDS_MAX) return "cards";
  return count <= COMPACT_MAX ? "compact" : "rows";
}

/** The circuit and everything below it. */
export function circuitsWithin(circuits: readonly CircuitLive[], rootId: string): ReadonlySet<string> {
  const within = new Set([rootId]);
  // A parent may stand behind its child, so go on until nothing is added.
  for (let before = 0; before !== within.size;) {
    before = within.size;
    for (const { circuitId, parentId } of circuits) {
      if (parentId !== null && within.has(parentId)) within.add(circuitId);
    }
  }
  return within;
}

const ATTENTION: readonly DisplayState[] = ["fault", "offline", "limited", "waiting", "charging", "occupied", "free"];
const collator = new Intl.Collator(undefined, { numeric: true });
const byName = (a: StationLive, b: StationLive): number => collator.compare(a.name, b.name);

/** The chargers to show, in order. Circuits keep the order of the diagram. */
export function chosenStations(
  stations: readonly StationLive[],
  circuits: readonly CircuitLive[],
  { state, sort, text, circuit }: LiveSearch,
): readonly StationLive[] {
  const within = circuit === null ? null : circuitsWithin(circuits, circuit);
  const wanted = text.trim().toLocaleLowerCase();
  const matches = (station: StationLive): boolean =>
    (state === "all" || station.state === state) &&
    (within === null || within.has(station.circuitId)) &&
    (wanted === "" ||
      [station.name, station.stationId, station.session?.cardAlias, station.session?.customerName].some(
        (value) => value?.toLocaleLowerCase().includes(wanted) === true,
      ));
  const place = new Map(circuits.map(({ circuitId }, index) => [circuitId, index]));
  const order: Readonly<Record<Sort, (a: StationLive, b: StationLive) => number>> = {
    name: byName,
    circuit: (a, b) => (place.get(a.circuitId) ?? 0) - (place.get(b.circuitId) ?? 0) || byName(a, b),
    attention: (a, b) => ATTENTION.indexOf(a.state) - ATTENTION.indexOf(b.state) || byName(a, b),
  };
  return stations.filter(matches).sort(order[sort]);
}

export type StationGroup = {
  readonly circuitId: string;
  readonly name: string;
  readonly stations: readonly StationLive[];
};

/** The chosen chargers under their circuits, for the list of rows. Circuits without a chosen charger are left out. */
export const groupedByCircuit = (
  stations: readonly StationLive[],
  circuits: readonly CircuitLive[],
): readonly StationGroup[] =>
  circuits
    .map(({ circuitId, name }) => ({
      circuitId,
      name,
      stations: stations.filter((one) => one.circuitId === circuitId),
    }))
    .filter((group) => group.stations.length > 0);

/** How many chargers are in each state, among those that the other filters leave. */
export function countsByState(stations: readonly StationLive[]): Readonly<Record<StateFilter, number>> {
  const counts: Record<StateFilter, number> = {
    all: stations.length,
    free: 0,
    charging: 0,
    limited: 0,
    waiting: 0,
    occupied: 0,
    fault: 0,
    offline: 0,
  };
  for (const { state } of stations) counts[state] += 1;
  return counts;
}
