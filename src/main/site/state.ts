import type {
  Because,
  BudgetState,
  CarHabits,
  Declared,
  Escalation,
  Expected,
  HeadroomState,
  LedgerEntry,
  LoadWeek,
  OtherLoadState,
  Overdraw,
  ReasonKind,
  Sharing,
  SiteUsage,
  Turn,
  VehicleBound,
} from "../../core/balancing/index.ts";
import {
  DEFAULT_SHARING,
  fullBudget,
  noEscalation,
  noHeadroom,
  noLoadWeek,
  noOtherLoad,
  noOverdraw,
  noUsage,
  unknownEntry,
  unknownHabits,
  unknownVehicle,
} from "../../core/balancing/index.ts";
import type { PhaseFinding } from "../../core/phases/index.ts";
import type { EvseState } from "../../core/session/index.ts";
import { idleEvse } from "../../core/session/index.ts";
import { pathToRoot } from "../../core/site/index.ts";
import type { Arming, Circuit, SiteModel, Station } from "../../core/site/index.ts";
import type { TariffVersion } from "../../core/tariff/index.ts";
import type { EpochMs, Milliamp, PerPhase, Watt } from "../../core/units/index.ts";
import { milliamp } from "../../core/units/index.ts";
import type { ChargingStatus, MeterReading, StationPort, StationReading } from "../devices/ports.ts";
import type { Fallback } from "./fallback.ts";
import { promised } from "./fallback.ts";
import type { FallbackTest } from "../storage/commissioning-types.ts";

// What the engine knows this second. Only main/site writes here; everything else gets values made from it.

export type GrantState = {
  readonly current_mA: Milliamp;
  readonly because: readonly Because[];
  readonly queuePlace: number | null;
};

/** What is fixed for the running session and needed to show and price it. */
export type SessionContext = {
  readonly tariff: TariffVersion;
  readonly customerName: string | null;
  /** When its last register value was written to the journal. */
  journaled_at_ms: EpochMs | null;
};

export type StationState = {
  /** Replaced when the owner says how it is really wired. */
  station: Station;
  port: StationPort | null;
  online: boolean;
  /** Since when it is connected without a break; what it says of earlier times comes from its own queue. */
  onlineSince_ms: EpochMs | null;
  /** When the box last said that it had started; `null`: not since we are here. */
  bootedAt_ms: EpochMs | null;
  /** When the box last said anything; `null`: never. */
  heard_at_ms: EpochMs | null;
  /** Since when it is silent, and nothing more is sent to it; `null`: it is connected, or never was. */
  offlineSince_ms: EpochMs | null;
  /** What it keeps by itself when it hears nothing. */
  fallback: Fallback;
  /** The last test in which it was cut off and told what it does then. */
  fallbackTest: FallbackTest | null;
  vendor: string | null;
  model: string | null;
  serial: string | null;
  firmware: string | null;
  reading: StationReading | null;
  /** When a reading last came, by our clock. */
  readAt_ms: EpochMs | null;
  status: ChargingStatus | null;
  statusSince_ms: EpochMs;
  pluggedAt_ms: EpochMs | null;
  chargingSince_ms: EpochMs | null;
  /** When the car showed that it wants nothing more; `null`: it may. */
  finishedAt_ms: EpochMs | null;
  evse: EvseState;
  context: SessionContext | null;
  /** A box without a card reader: who may charge, set by the owner or by open access. */
  allowed: { readonly idToken: string | null } | null;
  /** The owner said stop: nothing more until the car is unplugged. */
  stoppedByOwner: boolean;
  /** The box says it is free though its transaction never ended: the stop may still come from its queue. */
  freeSince_ms: EpochMs | null;
  manualLimit: { readonly limit_mA: Milliamp; readonly until_ms: number | null } | null;
  /** Upper bound of a running test of its phases. */
  testBound_mA: Milliamp | null;
  /** It is certainly wired otherwise than the site file says: it counts on all phases until the owner has answered. */
  phaseMapDoubted: PhaseFinding | null;
  ledger: LedgerEntry;
  /** What is done about a decrease that is not proven. */
  escalation: Escalation;
  vehicle: VehicleBound;
  /** What this car has shown of itself since it was plugged in. */
  habits: CarHabits;
  /** How many phases the box charges on, where it can switch. */
  phaseMode: { readonly now: 1 | 3; readonly switched_at_ms: EpochMs | null; readonly switches: number };
  /** When it will probably leave and with how much; `null`: no session. */
  expected: Expected | null;
  /** What the driver or the owner said of this stay. */
  declared: Declared | null;
  overdraw: Overdraw;
  grant: GrantState;
  /** When its current was last taken away from it and not given back yet; `null`: it has some, or never had any. */
  withheldSince_ms: EpochMs | null;
  /** When its turn will probably come; `null`: it is not in the queue. */
  turn: Turn | null;
  /** The last grant that was noticeably different from the one before it. */
  recordedGrant: GrantState;
  /** Commands under way, to count exchanges of the expert row. */
  commands: number;
  failures: number;
  lastFailure: string | null;
};

export type MeterState = {
  readonly meterId: string;
  reading: MeterReading | null;
  /** Whatever it said last, believed or not: a jump is judged against it. */
  said_mA: PerPhase<number> | null;
};

/** A limit that stands for a while beside the fuse: a grid operator's, a schedule's, the planner's. It can only lower. */
export type ImposedLimit = {
  readonly limit_mA: PerPhase<Milliamp> | null;
  readonly limit_W: Watt | null;
  readonly kind: ReasonKind;
  readonly ref: string;
};

export type CircuitState = {
  /** Replaced when the owner says what protects it or what it may have. */
  circuit: Circuit;
  otherLoad: OtherLoadState;
  /** Room that the building needs until cars have followed, learned from how it behaves. */
  headroom: HeadroomState;
  /** Highest other load of each of the last seven days. */
  week: LoadWeek;
  /** What its protection has had to bear in the last hour, and what is to be done about it now. */
  budget: BudgetState;
  imposed: readonly ImposedLimit[];
  /** Since when a phase is above its fuse without a pause; `null`: it is not. */
  overSince_ms: EpochMs | null;
};

/** The rules of sharing in force: the owner changes them while the site runs. */
export type SharingState = {
  site: Sharing;
  /** Circuits with a rule of their own; the others share as the circuit above. */
  readonly circuits: Map<string, Sharing>;
};

export type SiteState = {
  /** As it was when the engine started; what may change while it runs stands beside it. */
  readonly model: SiteModel;
  readonly sharing: SharingState;
  readonly stations: Map<string, StationState>;
  readonly meters: Map<string, MeterState>;
  readonly circuits: Map<string, CircuitState>;
  /** How the main circuit was used in the last weeks. */
  usage: SiteUsage;
  /** Whether it may be left to itself, and where nobody gets more than his safe current meanwhile. */
  arming: Arming;
  /** Each circuit's own and its ancestors' states, nearest first. */
  readonly paths: ReadonlyMap<string, readonly CircuitState[]>;
  /** Stations on each circuit or anywhere below it; `wireStation` adds one. */
  readonly below: ReadonlyMap<string, StationState[]>;
};

/** Until somebody has looked. */
const UNJUDGED: Arming = { state: "trial", heldBack: new Set(), overrideHolds: true };

export const noGrant: GrantState = { current_mA: milliamp(0), because: [], queuePlace: null };

/** A station of which nothing has been heard yet. */
export function newStation(station: Station, at_ms: EpochMs): StationState {
  const evseId = station.connection.kind === "ocpp" ? station.connection.connectorId : 1;
  return {
    station,
    port: null,
    online: false,
    onlineSince_ms: null,
    bootedAt_ms: null,
    heard_at_ms: null,
    offlineSince_ms: null,
    fallback: promised(station),
    fallbackTest: null,
    vendor: null,
    model: null,
    serial: null,
    firmware: null,
    reading: null,
    readAt_ms: null,
    status: null,
    statusSince_ms: at_ms,
    pluggedAt_ms: null,
    chargingSince_ms: null,
    finishedAt_ms: null,
    evse: idleEvse(station.id, evseId),
    context: null,
    allowed: null,
    stoppedByOwner: false,
    freeSince_ms: null,
    manualLimit: null,
    testBound_mA: null,
    phaseMapDoubted: null,
    ledger: unknownEntry({ max_mA: station.current_mA_max }),
    escalation: noEscalation,
    vehicle: unknownVehicle,
    habits: unknownHabits,
    phaseMode: { now: 3, switched_at_ms: null, switches: 0 },
    expected: null,
    declared: null,
    overdraw: noOverdraw,
    grant: noGrant,
    withheldSince_ms: null,
    turn: null,
    recordedGrant: noGrant,
    commands: 0,
    failures: 0,
    lastFailure: null,
  };
}

export function newSiteState(model: SiteModel, at_ms: EpochMs): SiteState {
  const byId = new Map(model.circuits.map((circuit) => [circuit.id, circuit]));
  const circuits = new Map(
    model.circuits.map((circuit): [string, CircuitState] => [
      circuit.id,
      {
        circuit,
        otherLoad: noOtherLoad,
        headroom: noHeadroom(circuit.fuse_mA),
        week: noLoadWeek,
        budget: fullBudget,
        imposed: [],
        overSince_ms: null,
      },
    ]),
  );
  const path = (id: string): CircuitState[] =>
    pathToRoot(byId, id).flatMap((circuit) => circuits.get(circuit.id) ?? []);
  const site: SiteState = {
    model,
    sharing: sharingOf(model),
    stations: new Map(),
    meters: new Map(model.meters.map((meter) => [meter.id, { meterId: meter.id, reading: null, said_mA: null }])),
    circuits,
    usage: noUsage,
    arming: UNJUDGED,
    paths: new Map(model.circuits.map((circuit) => [circuit.id, path(circuit.id)])),
    below: new Map(model.circuits.map((circuit) => [circuit.id, []])),
  };
  for (const station of model.stations) wireStation(site, newStation(station, at_ms));
  return site;
}

const sharingOf = (model: SiteModel): SharingState => ({
  site: model.sharing ?? DEFAULT_SHARING,
  circuits: new Map(
    model.circuits.flatMap(({ id, sharing }): [string, Sharing][] => (sharing === undefined ? [] : [[id, sharing]])),
  ),
});

/** Makes a station part of the running site. */
export function wireStation(site: SiteState, state: StationState): void {
  site.stations.set(state.station.id, state);
  for (const circuit of site.paths.get(state.station.circuitId) ?? []) site.below.get(circuit.circuit.id)?.push(state);
}

/** True when the box says that a car is there. An unknown state counts as plugged: nothing is given away on a guess. */
export function isPlugged(state: StationState): boolean {
  const pilot = state.reading?.controlPilot ?? null;
  if (pilot !== null) return pilot !== "A";
  return state.status !== "Available" && state.status !== "Unavailable";
}
