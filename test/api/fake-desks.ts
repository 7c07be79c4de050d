import type { OcppDoor, StationSecurity } from "../../src/contract/index.ts";
import type { DeviceChanges } from "../../src/main/site/device-changes.ts";
import type { Engine } from "../../src/main/site/engine.types.ts";

const FAKE_DOOR: OcppDoor = {
  url: "ws://127.0.0.1:8887/ocpp",
  tlsUrl: null,
  ca: null,
  problem: null,
  failures: [],
};
const fakeSecurity = (identity: string, requiresTls: boolean): StationSecurity => ({
  identity,
  requiresTls,
  asksPassword: false,
  came: null,
  profile: null,
});

/** Desks of a site where nothing is going on. */
export const FAKE_DESKS: Pick<
  Engine,
  "balancing" | "external" | "limits" | "phases" | "commissioning" | "devices" | "planning" | "ocppSecurity"
> = {
  ocppSecurity: {
    door: () => FAKE_DOOR,
    station: (identity) => (identity === "CP-1" ? fakeSecurity(identity, false) : "not-found"),
    requireTls: (identity, required) => (identity === "CP-1" ? fakeSecurity(identity, required) : "not-found"),
    sendCa: (stationId) => Promise.resolve(stationId === "P01" ? ({ ok: true } as const) : ("not-found" as const)),
    replaceCa: () => Promise.resolve("conflict" as const),
  },
  balancing: {
    settings: () => ({ site: { rule: "need", hold_ms: 3_600_000 }, circuits: [] }),
    preview: () => [],
    whatIf: () => [],
    setSharing: () => true,
  },
  external: {
    signals: () => [],
    log: () => [],
    put: () => "not-found",
    budget: () => [],
    overloads: () => [],
    blackBox: () => null,
    blackBoxCsv: () => null,
  },
  limits: {
    settings: () => ({
      limits: [],
      circuits: [],
      links: [],
      pricing: { prices: null, feedIn_micro_per_kWh: null, peak: null, quarterLimit_W: null },
      priceFile: { found: false },
      silentAfter_ms: 120_000,
    }),
    check: () => Promise.resolve({ mistakes: [], notes: [] }),
    changed: () => null,
    isReachable: () => true,
    take: () => undefined,
  },
  phases: {
    list: () => ({ bays: [], running: null }),
    test: () => "not-found",
    cancel: () => Promise.resolve(),
    accept: () => null,
    advice: () => Promise.resolve(null),
  },
  commissioning: {
    status: () => ({ state: "armed", problems: [], fallbacks: [], override: null, decisions: [], running: null }),
    decide: (decision) => decision === "overridden",
    test: (stationId) => (stationId === "P01" ? "no-car" : "not-found"),
    cancel: () => Promise.resolve(),
    witness: (stationId) => stationId === "P01",
  },
  devices: { list: () => [], get: () => null, raw: () => null },
  planning: () => ({
    status: "off",
    currency: "EUR",
    made_at_ms: null,
    attempted_at_ms: null,
    solve_ms: null,
    failures: 0,
    detail: null,
    prices: "none",
    peak_W: null,
    quarter: null,
    cars: [],
    circuits: [],
  }),
};

/** A site whose devices nobody changes. */
export const NO_DEVICE_CHANGES: DeviceChanges = {
  settings: () => null,
  save: () => Promise.resolve({ ok: false, code: "conflict", why: "busy" }),
  remove: () => Promise.resolve({ ok: false, code: "conflict", why: "busy" }),
  tryOut: () => Promise.resolve({ ok: false, code: "conflict", why: "busy" }),
  ports: () => Promise.resolve([]),
};
