import { pathToRoot, wiredPhases, type SiteModel, type Station } from "../../core/site/index.ts";
import { phaseIndex } from "../../core/units/index.ts";
import { buildingLoad_mA, createLocalTime } from "./building-load.ts";
import { appetite_mA, OFFER_mA_min, pluggedCar, type CarState } from "./car.ts";
import type { Visit } from "./visits.ts";

export const SLOT_ms = 900_000;
const RAISE_mA = 1000;
const VOLTAGE_V = 230;
/** Peaks stand this much above the mean of a quarter hour in the building. */
const BUILDING_PEAK_permille = 1250;

/** A visit of the past as it went, in step with the quarter hours. */
export type PastVisit = {
  readonly visit: Visit;
  readonly startRegister_mWh: number;
  received_mWh: number;
  /** When the car had enough; `null`: it left before. */
  full_at_ms: number | null;
  /** Register at the end of each quarter hour it charged in. */
  readonly samples: { at_ms: number; register_mWh: number }[];
  /** Quarter hours (by start) in which it was held back to nothing. */
  readonly held: number[];
};

export type PastStationSlot = {
  ev_Wh: number;
  max_W: number;
  plugged_ms: number;
  charging_ms: number;
  limited_ms: number;
};
export type PastSlot = {
  readonly slot_ms: number;
  readonly stations: ReadonlyMap<string, PastStationSlot>;
  readonly building_Wh: number;
  readonly buildingPeak_W: number;
};

type Bay = {
  readonly station: Station;
  readonly phases: readonly (0 | 1 | 2)[];
  readonly circuits: readonly number[];
  register_mWh: number;
  readonly visits: readonly Visit[];
  cursor: number;
  current: { past: PastVisit; state: CarState } | null;
};

type Share = {
  readonly bay: Bay;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly wanted_mA: number;
  readonly phases: readonly (0 | 1 | 2)[];
  granted_mA: number;
  frozen: boolean;
};

/**
 * Lets the given visits charge, quarter hour by quarter hour, under the site's fuses: whoever came first is served
 * first with 6 A, the rest is shared equally. Registers go on from `registers` (Wh) and are exact: what a bay's slots sum
 * up to is what its sessions received.
 */
export function chargePast(options: {
  readonly site: SiteModel;
  readonly seed: number;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly visits: readonly Visit[];
  readonly registers: ReadonlyMap<string, number>;
  readonly onSlot: (slot: PastSlot) => void;
}): readonly PastVisit[] {
  const { site, seed, from_ms, to_ms } = options;
  const local = createLocalTime(site.identity.timezone);
  const bays = baysOf(site, options.visits, options.registers);
  const limits = site.circuits.map((circuit) => circuit.fuse_mA.map((fuse_mA) => fuse_mA - circuit.margin_mA));
  const rootIndex = site.circuits.findIndex((circuit) => circuit.parentId === null);
  const done: PastVisit[] = [];
  for (let slot_ms = from_ms; slot_ms < to_ms; slot_ms += SLOT_ms) {
    const middle_ms = slot_ms + SLOT_ms / 2;
    const building = buildingLoad_mA(seed, middle_ms, local(middle_ms));
    const free = limits.map((limit, index) =>
      limit.map((mA, phase) => mA - (index === rootIndex ? (building[phase] ?? 0) : 0)),
    );
    const stations = new Map<string, PastStationSlot>();
    const shares = bays.flatMap((bay) => arriveAndWant(bay, slot_ms));
    shareOut(shares, free);
    for (const bay of bays)
      chargeSlot(
        bay,
        shares.find((share) => share.bay === bay),
        slot_ms,
        stations,
        done,
      );
    const building_mA = building[0] + building[1] + building[2];
    options.onSlot({
      slot_ms,
      stations,
      building_Wh: Math.round((building_mA * VOLTAGE_V) / 1000 / 4),
      buildingPeak_W: Math.round((building_mA * VOLTAGE_V * BUILDING_PEAK_permille) / 1_000_000),
    });
  }
  return done;
}

function baysOf(site: SiteModel, visits: readonly Visit[], registers: ReadonlyMap<string, number>): Bay[] {
  const circuits = new Map(site.circuits.map((circuit) => [circuit.id, circuit]));
  const byStation = Map.groupBy(visits, (visit) => visit.stationId);
  return site.stations.map((station) => ({
    station,
    phases: wiredPhases(station).map(phaseIndex),
    circuits: pathToRoot(circuits, station.circuitId).map((circuit) => site.circuits.indexOf(circuit)),
    register_mWh: (registers.get(station.id) ?? 0) * 1000,
    visits: (byStation.get(station.id) ?? []).toSorted((a, b) => a.arrive_ms - b.arrive_ms),
    cursor: 0,
    current: null,
  }));
}

/** Takes in who arrives in this slot and says what the car would take. A bay turns over at most once a slot. */
function arriveAndWant(bay: Bay, slot_ms: number): Share[] {
  const next = bay.visits[bay.cursor];
  if (bay.current === null && next !== undefined && next.arrive_ms < slot_ms + SLOT_ms) {
    bay.cursor += 1;
    const { model, soc_permille, seed } = next.car;
    const past: PastVisit = {
      visit: next,
      startRegister_mWh: bay.register_mWh,
      received_mWh: 0,
      full_at_ms: null,
      samples: [],
      held: [],
    };
    bay.current = { past, state: pluggedCar(model, soc_permille, seed) };
  }
  if (bay.current === null) return [];
  const { visit } = bay.current.past;
  const wanted_mA =
    visit.wanted_Wh === 0 ? 0 : Math.min(bay.station.current_mA_max, appetite_mA(visit.car.model, bay.current.state));
  return [
    {
      bay,
      from_ms: Math.max(slot_ms, visit.arrive_ms),
      to_ms: Math.min(slot_ms + SLOT_ms, visit.depart_ms),
      wanted_mA,
      phases: bay.phases.slice(0, visit.car.model.phases),
      granted_mA: 0,
      frozen: wanted_mA === 0,
    },
  ];
}

function shareOut(shares: readonly Share[], free: number[][]): void {
  const fits = (share: Share, more_mA: number): boolean =>
    share.bay.circuits.every((circuit) => share.phases.every((phase) => (free[circuit]?.[phase] ?? 0) >= more_mA));
  const give = (share: Share, more_mA: number): void => {
    share.granted_mA += more_mA;
    for (const circuit of share.bay.circuits) {
      const row = free[circuit];
      for (const phase of share.phases) if (row !== undefined) row[phase] = (row[phase] ?? 0) - more_mA;
    }
  };
  for (const share of shares.toSorted((a, b) => a.from_ms - b.from_ms)) {
    if (share.frozen) continue;
    if (fits(share, OFFER_mA_min)) give(share, OFFER_mA_min);
    else share.frozen = true;
  }
  for (
    let open = shares.filter((share) => !share.frozen);
    open.length > 0;
    open = open.filter((share) => !share.frozen)
  ) {
    for (const share of open) {
      if (share.granted_mA >= share.wanted_mA || !fits(share, RAISE_mA)) share.frozen = true;
      else give(share, RAISE_mA);
    }
  }
}

function chargeSlot(
  bay: Bay,
  share: Share | undefined,
  slot_ms: number,
  stations: Map<string, PastStationSlot>,
  done: PastVisit[],
): void {
  const slot: PastStationSlot = { ev_Wh: 0, max_W: 0, plugged_ms: 0, charging_ms: 0, limited_ms: 0 };
  stations.set(bay.station.id, slot);
  const { current } = bay;
  if (share === undefined || current === null) return;
  const { past } = current;
  const before_mWh = bay.register_mWh;
  const stay_ms = Math.max(0, share.to_ms - share.from_ms);
  const current_mA = Math.min(share.granted_mA, share.wanted_mA);
  const power_mW = current_mA * VOLTAGE_V * share.phases.length;
  const possible_mWh = Math.floor((power_mW * stay_ms) / 3_600_000);
  const missing_mWh = Math.max(0, past.visit.wanted_Wh * 1000 - past.received_mWh);
  const taken_mWh = Math.min(possible_mWh, missing_mWh);
  const charging_ms = possible_mWh === 0 ? 0 : Math.round((stay_ms * taken_mWh) / possible_mWh);
  bay.register_mWh += taken_mWh;
  past.received_mWh += taken_mWh;
  current.state = { ...current.state, stored_mWh: current.state.stored_mWh + taken_mWh };
  if (taken_mWh > 0) past.samples.push({ at_ms: share.to_ms, register_mWh: bay.register_mWh });
  if (past.full_at_ms === null && past.received_mWh >= past.visit.wanted_Wh * 1000)
    past.full_at_ms = share.from_ms + charging_ms;
  if (share.wanted_mA > 0 && share.granted_mA === 0) past.held.push(share.from_ms);
  slot.ev_Wh = Math.floor(bay.register_mWh / 1000) - Math.floor(before_mWh / 1000);
  slot.max_W = Math.round(power_mW / 1000);
  slot.plugged_ms = stay_ms;
  slot.charging_ms = charging_ms;
  slot.limited_ms = share.granted_mA < share.wanted_mA && past.full_at_ms === null ? stay_ms : 0;
  if (past.visit.depart_ms <= slot_ms + SLOT_ms) {
    done.push(past);
    bay.current = null;
  }
}
