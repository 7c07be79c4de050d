import type {
  Alert,
  Customer,
  KioskState,
  LiveUpdate,
  Seller,
  SessionRow,
  StationLive,
} from "../../src/contract/index.ts";
import { type EpochMs, epochMs } from "../../src/core/units/index.ts";
import type { Application, Engine } from "../../src/main/site/engine.types.ts";
import { FAKE_DESKS, NO_DEVICE_CHANGES } from "./fake-desks.ts";
import type { InvoiceDocument, Stores } from "../../src/main/storage/types.ts";

// A site in memory for tests of the API alone: what it answers is fixed, so that a test sees what the API makes of it.

export const NOW: EpochMs = epochMs(Date.UTC(2026, 9, 15, 10));

export function station(stationId: string, more: Partial<StationLive> = {}): StationLive {
  return {
    stationId,
    name: `Bay ${stationId}`,
    circuitId: "main",
    phases: ["L1", "L2", "L3"],
    countedPhases: ["L1", "L2", "L3"],
    state: "charging",
    status: "Charging",
    controlPilot: "C",
    since_ms: NOW,
    online: true,
    measured_at_ms: NOW,
    max_mA: 16_000,
    min_mA: 6_000,
    fallback_mA: 6_000,
    requested_mA: 16_000,
    granted_mA: 16_000,
    confirmed_mA: 16_000,
    drawn_mA: [16_000, 16_000, 16_000],
    power_W: 11_040,
    because: [],
    queuePlace: null,
    queueTurn: null,
    errorCode: null,
    session: null,
    ...more,
  };
}

export function liveUpdate(seq: number, full: boolean, stations: StationLive[]): LiveUpdate {
  const counts = { free: 0, charging: stations.length, limited: 0, waiting: 0, occupied: 0, fault: 0, offline: 0 };
  return {
    seq,
    full,
    site: {
      at_ms: NOW + seq * 1000,
      name: "Parkhaus Nord",
      timezone: "Europe/Berlin",
      currency: "EUR",
      demo: false,
      speed: 1,
      power_W: 22_080,
      evPower_W: 22_080,
      fuse_W: 43_470,
      counts,
      tightest: null,
      devicesOnline: stations.length,
      devicesTotal: stations.length,
      openAlerts: 0,
      arming: "armed",
    },
    circuits: [],
    stations,
  };
}

export const SELLER: Seller = {
  name: "Parkhaus Nord GmbH",
  address: "Weg 1\n10115 Berlin",
  vatId: "DE123456789",
  taxNumber: "",
  email: "",
  phone: "",
  iban: "",
  bank: "",
  invoicePrefix: "RE",
  dueDays: 14,
  note: "",
};

const CUSTOMER: Customer = {
  id: "c1",
  name: "Ada Meyer",
  address: "Hof 2\n10115 Berlin",
  email: null,
  vatId: null,
  cards: [],
};
const ALERT: Alert = {
  id: "a1",
  code: "meter-stale",
  severity: "degraded",
  ref: "grid",
  since_ms: NOW,
  ended_at_ms: null,
  count: 1,
  inputs: {},
  acknowledged_at_ms: null,
};

export function sessionRow(id: string, more: Partial<SessionRow> = {}): SessionRow {
  return {
    id,
    stationId: "P01",
    stationName: "Bay P01",
    evseId: 1,
    started_at_ms: NOW - 7_200_000,
    ended_at_ms: NOW - 3_600_000,
    start_Wh: 1_000,
    stop_Wh: 11_000,
    energy_Wh: 10_000,
    charging_ms: 3_600_000,
    cardAlias: "4711",
    customerId: "c1",
    customerName: "Ada Meyer",
    endReason: "Local",
    endedBy: "station",
    flags: [],
    held: false,
    cost: { currency: "EUR", net_minor: 420, tax_minor: 80, gross_minor: 500 },
    invoiceNumber: null,
    ...more,
  };
}

export type FakeEngine = Engine & {
  readonly emit: (update: LiveUpdate) => void;
  readonly listeners: () => number;
  readonly calls: string[];
};

/** `stores` replaces single stores; a call of one that no test gave fails by itself. */
export function fakeEngine(stations: readonly StationLive[], stores: Partial<Stores> = {}): FakeEngine {
  const listeners = new Set<(update: LiveUpdate) => void>();
  const calls: string[] = [];
  let seq = 0;
  const reply = (name: string) => (stationId: string) => {
    calls.push(`${name} ${stationId}`);
    return Promise.resolve(
      stationId === "P09"
        ? ({ ok: false, code: "offline", retry: true, detail: "no connection" } as const)
        : ({ ok: true } as const),
    );
  };
  return {
    clock: { now_ms: () => NOW, sleep: () => Promise.resolve(), real_ms: (duration_ms) => duration_ms },
    stores: { ...fakeStores(), ...stores },
    demo: false,
    speed: 1,
    timezone: "Europe/Berlin",
    currency: "EUR",
    siteName: "Parkhaus Nord",
    ocppUrl: "ws://127.0.0.1:1/ocpp",
    live: () => liveUpdate(seq, true, [...stations]),
    onLive: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    spark: () => [{ at_ms: NOW, power_W: 22_080 }],
    kiosk: () => kioskOf(seq),
    stationDetail: (stationId) => {
      const live = stations.find((one) => one.stationId === stationId);
      if (live === undefined) return null;
      return {
        live,
        connection: { kind: "ocpp", identity: "CP-1", connectorId: 1, protocol: "ocpp1.6" },
        vendor: null,
        model: null,
        serial: null,
        firmware: null,
        rotation: "L1L2L3",
        priority: 0,
        voltage_mV: [230_000, 230_000, 230_000],
        energyRegister_Wh: 1,
        manualLimit_mA: null,
        failSafe: {
          kind: "known",
          promised_mA: 6_000,
          counted_mA: 6_000,
          shown_mA: 6_000,
          timeout_ms: 60_000,
          provenBy: "box",
          doubt: null,
        },
        stay: { expected: null, declared: null, attained_Wh: 0 },
        learned: { phases: null, min_mA: null, max_mA: null, neverPause: false, over_permille: 0 },
        can: { switchPhases: true, wakeUp: false },
      };
    },
    hasStation: (stationId) => stations.some((one) => one.stationId === stationId),
    start: reply("start"),
    stop: reply("stop"),
    unlock: reply("unlock"),
    reset: reply("reset"),
    switchPhases: reply("switchPhases"),
    wakeUp: reply("wakeUp"),
    setManualLimit: (stationId, limit_mA, until_ms) =>
      calls.push(`limit ${stationId} ${String(limit_mA)} ${String(until_ms)}`),
    setNeed: () => true,
    ...FAKE_DESKS,
    waiting: () => [],
    setOcppPassword: ({ identity }) =>
      Promise.resolve(identity === "CP-1" ? ({ ok: true } as const) : ("not-found" as const)),
    askOcpp: (stationId) =>
      Promise.resolve(stationId === "P01" ? ({ ok: true, answer: { version: 3 } } as const) : ("not-found" as const)),
    ocppBeyond: () => null,
    adopt: ({ identity }) => (identity === "gone" ? "not-found" : identity === "twice" ? "conflict" : "ok"),
    health: () => [],
    exportSite: () => "site: {}\n",
    mainLimit: () => ({ fuse_mA: 100_000, limit_W: 67_620 }),
    close: () => Promise.resolve(),
    emit: (update) => {
      seq = update.seq;
      for (const listener of listeners) listener(update);
    },
    listeners: () => listeners.size,
    calls,
  };
}

function kioskOf(seq: number): KioskState {
  const price = { currency: "EUR", grossPerKWh: "0.4998", vat_bp: 1900, accessByCardOnly: false };
  return {
    at_ms: NOW + seq,
    name: "Parkhaus Nord",
    operator: null,
    phone: null,
    timezone: "Europe/Berlin",
    demo: false,
    price,
    bays: [],
  };
}

const notGiven = (): never => {
  throw new Error("no test gave this store an answer");
};

function fakeStores(): Stores {
  const documents = new Map<string, InvoiceDocument>();
  const bytes = new Map<string, Uint8Array>();
  return {
    site: { load: () => null, save: notGiven },
    cars: { visits: () => [], save: notGiven, prune: notGiven },
    sessions: {
      open: notGiven,
      addRegister: notGiven,
      addActivity: notGiven,
      close: notGiven,
      running: () => [],
      runningOne: () => null,
      lastClosed: () => null,
      findByTransaction: () => null,
      addStray: notGiven,
      nextTransactionId: () => 1,
      addDeclared: notGiven,
      declared: () => null,
      typedNeeds: () => new Map(),
      list: () => ({ rows: [sessionRow("s1")], nextCursor: null }),
      totals: () => ({
        sessions: 1,
        energy_Wh: 10_000,
        charging_ms: 3_600_000,
        held: 0,
        cost: { currency: "EUR", net_minor: 420, tax_minor: 80, gross_minor: 500 },
      }),
      detail: () => null,
      idToken: () => null,
      iterate: () =>
        [sessionRow("s1"), sessionRow("s2", { customerName: "=cmd()", cost: null, energy_Wh: null })].values(),
    },
    evidence: {
      addSignalEvents: notGiven,
      imposed: () => [],
      openOverload: notGiven,
      addOverloadRows: notGiven,
      closeOverload: notGiven,
      overloads: () => [],
      overloadRows: () => [],
      prune: notGiven,
    },
    ocpp: {
      facts: () => null,
      saveFacts: notGiven,
      passwords: () => [],
      setPassword: () => undefined,
      confirmPassword: notGiven,
      security: () => ({ requiresTls: false, came: null }),
      anyEncrypted: () => false,
      setRequiresTls: () => undefined,
      noteArrival: notGiven,
    },
    ocppRecord: { addRequest: notGiven, requests: () => [], addReport: notGiven, reports: () => [] },
    wishes: { list: () => [], save: notGiven },
    phases: {
      evidence: () => [],
      saveEvidence: notGiven,
      addFinding: notGiven,
      lastFinding: () => null,
      saveCarPhases: notGiven,
      carPhases: () => new Map(),
    },
    commissioning: { addDecision: notGiven, decisions: () => [], addTest: notGiven, lastTests: () => new Map() },
    tariffs: { list: () => [], view: notGiven, at: () => null, add: notGiven },
    customers: {
      list: () => [CUSTOMER],
      get: (id) => (id === "c1" ? CUSTOMER : null),
      save: () => CUSTOMER,
      assignCard: () => "conflict",
      blockCard: () => null,
      card: () => ({ verdict: "unknown", customerId: null, customerName: null }),
      sawUnknownCard: notGiven,
      unknownCards: () => [{ idToken: "04AABBCCDD", lastSeen_ms: NOW, stationId: "P01", sessions: 1 }],
    },
    invoices: {
      billable: () => [],
      leftOut: () => ({ heldByCustomer: new Map(), unassigned: 0 }),
      issue: () => "conflict",
      list: () => [],
      document: (id) => documents.get(id) ?? null,
      bytes: (id) => bytes.get(id) ?? null,
      saveBytes: (id, value) => bytes.set(id, value),
    },
    seller: { get: () => SELLER, save: notGiven },
    history: {
      put: notGiven,
      get: () => [],
      lastRegisters: () => new Map(),
      energy: () => [],
      power: () => ({ points: [], step_ms: 900_000 }),
      heatmap: () => ({ cells: [], weeks: 0 }),
      summary: () => ({
        ev_Wh: 0,
        sessions: 0,
        gross_minor: 0,
        peak_W: null,
        peak_at_ms: null,
        occupied_permille: null,
      }),
      iterate: () => [].values(),
    },
    grants: { add: notGiven, list: () => [], prune: notGiven },
    stationLog: { addState: notGiven, states: () => [], lastRegister: () => null },
    alerts: {
      open: () => [],
      list: () => [ALERT],
      raise: notGiven,
      end: notGiven,
      acknowledge: (id) => (id === "a1" ? ALERT : null),
    },
  };
}

export type FakeApplication = Application & { readonly replace: (engine: Engine | null) => void };

export function fakeApplication(first: Engine | null): FakeApplication {
  const listeners = new Set<() => void>();
  let engine = first;
  return {
    version: "1.2.3",
    headless: true,
    started_at_ms: NOW,
    engine: () => engine,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    startDemo: () => Promise.resolve(engine === null ? "ok" : "conflict"),
    importSite: (yaml) => {
      if (yaml !== "bad") return Promise.resolve({ ok: true });
      const problems = [
        { line: 3, column: 9, field: "circuits[0].fuse_A", code: "type", expected: "a number above 0" },
      ];
      return Promise.resolve({ ok: false, code: "invalid", problems });
    },
    scan: () => "conflict",
    profiles: () => [],
    adopt: () => Promise.resolve({ ok: false, code: "conflict" }),
    deviceChanges: NO_DEVICE_CHANGES,
    changeLimits: () => Promise.resolve({ ok: false, code: "not-found" }),
    setFallback: () => Promise.resolve("ok"),
    close: () => Promise.resolve(),
    replace: (next) => {
      engine = next;
      for (const listener of listeners) listener();
    },
  };
}
