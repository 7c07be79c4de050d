import type { BayFallback, CircuitLive, LiveUpdate, SiteLive, StationLive } from "../contract/index.ts";

// Values for unit tests; nothing in the app imports this file.

export const stationLive = (stationId: string, patch: Partial<StationLive> = {}): StationLive => ({
  stationId,
  name: stationId,
  circuitId: "main",
  phases: ["L1", "L2", "L3"],
  countedPhases: ["L1", "L2", "L3"],
  state: "charging",
  status: "Charging",
  controlPilot: "C",
  since_ms: 0,
  online: true,
  measured_at_ms: 0,
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
  ...patch,
});

export const circuitLive = (circuitId: string, patch: Partial<CircuitLive> = {}): CircuitLive => ({
  circuitId,
  name: circuitId,
  parentId: null,
  meterId: null,
  mode: "measured",
  meterAge_ms: 0,
  fuse_mA: [63_000, 63_000, 63_000],
  limit_mA: [61_000, 61_000, 61_000],
  other_mA: [0, 0, 0],
  kept_mA: [0, 0, 0],
  ev_mA: [16_000, 16_000, 16_000],
  reserved_mA: [0, 0, 0],
  total_mA: [16_000, 16_000, 16_000],
  free_mA: [45_000, 45_000, 45_000],
  over_mA: [0, 0, 0],
  ...patch,
});

export const siteLive = (patch: Partial<SiteLive> = {}): SiteLive => ({
  at_ms: 0,
  name: "Parkhaus Nord",
  timezone: "Europe/Berlin",
  currency: "EUR",
  demo: false,
  speed: 1,
  power_W: 41_200,
  evPower_W: 30_000,
  fuse_W: 43_470,
  counts: { free: 0, charging: 1, limited: 0, waiting: 0, occupied: 0, fault: 0, offline: 0 },
  tightest: null,
  devicesOnline: 1,
  devicesTotal: 1,
  openAlerts: 0,
  arming: "armed",
  ...patch,
});

export const liveUpdate = (patch: Partial<LiveUpdate> = {}): LiveUpdate => ({
  seq: 1,
  full: true,
  site: siteLive(),
  circuits: [circuitLive("main")],
  stations: [stationLive("P01")],
  ...patch,
});

export const bayFallback = (stationId: string, patch: Partial<BayFallback> = {}): BayFallback => ({
  stationId,
  name: stationId,
  online: true,
  promised_mA: 6_000,
  counted_mA: 6_000,
  provenBy: null,
  lastTest: null,
  ...patch,
});
