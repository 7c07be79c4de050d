import { expect, test } from "vitest";
import type { SessionRow } from "../../contract/index.ts";
import type { SiteModel } from "../../core/site/index.ts";
import { epochMs, milliamp } from "../../core/units/index.ts";
import type { EnergyBucket } from "../storage/types.ts";
import { ADVICE_MS, pastScenario } from "./phase-scenario.ts";

const HOUR_MS = 3_600_000;
const NOW_MS = epochMs(Date.UTC(2026, 5, 30));
const fuse = milliamp(63_000);

const model: SiteModel = {
  identity: { name: "Site", timezone: "Europe/Berlin", currency: "EUR", country: "DE", nominal_V: 230 },
  circuits: [
    {
      id: "main",
      name: "Main",
      parentId: null,
      fuse_mA: [fuse, fuse, fuse],
      margin_mA: milliamp(3_000),
      meterId: "grid",
      limit_W: null,
      otherLoad_mA_max: null,
    },
  ],
  links: [],
  meters: [],
  stations: [
    {
      id: "P01",
      name: "Bay 1",
      circuitId: "main",
      phaseCount: 3,
      rotation: "L2L3L1",
      current_mA_min: milliamp(6_000),
      current_mA_max: milliamp(16_000),
      step_mA: milliamp(1_000),
      fallback_mA: milliamp(6_000),
      priority: 1,
      connection: { kind: "profile", profileId: "virtual", linkId: "virtual", unitId: 1 },
    },
  ],
};

const row = (more: Partial<SessionRow>): SessionRow => ({
  id: "s",
  stationId: "P01",
  stationName: "Bay 1",
  evseId: 1,
  started_at_ms: NOW_MS - 10 * HOUR_MS,
  ended_at_ms: NOW_MS - 6 * HOUR_MS,
  start_Wh: 0,
  stop_Wh: 0,
  energy_Wh: 6_000,
  charging_ms: 2 * HOUR_MS,
  cardAlias: null,
  customerId: null,
  customerName: null,
  endReason: null,
  endedBy: null,
  flags: [],
  held: false,
  cost: null,
  invoiceNumber: null,
  ...more,
});

function past(rows: readonly SessionRow[], seen: ReadonlyMap<string, number> = new Map(), hours: EnergyBucket[] = []) {
  const stores = {
    sessions: { iterate: () => rows.values() },
    history: { energy: () => hours },
    phases: { carPhases: () => seen },
  };
  return pastScenario(model, stores, NOW_MS);
}

test("a car takes the phases it was seen on, or those its power tells", () => {
  const weak = row({ id: "weak" });
  const strong = row({ id: "strong", started_at_ms: NOW_MS - 5 * HOUR_MS, ended_at_ms: NOW_MS, energy_Wh: 20_000 });
  const judged = past([weak, strong]);
  expect(judged.known).toBe(0);
  expect(judged.scenario.sessions.map(({ phases }) => phases)).toEqual([["L2"], ["L2", "L3", "L1"]]);
  const seen = past([weak, strong], new Map([["strong", 1]]));
  expect(seen.known).toBe(1);
  expect(seen.scenario.sessions[1]?.phases).toEqual(["L2"]);
});

test("a car that charged to the end would have taken more; one that was full would not", () => {
  const full = row({ id: "full", energy_Wh: 9_000 });
  const hungry = row({
    id: "hungry",
    started_at_ms: NOW_MS - 5 * HOUR_MS,
    ended_at_ms: NOW_MS - HOUR_MS,
    energy_Wh: 5_000,
    charging_ms: 4 * HOUR_MS,
  });
  expect(past([full, hungry]).scenario.sessions.map(({ needed_Wh }) => needed_Wh)).toEqual([9_000, 9_000]);
});

test("what cannot be lived through is left out: no energy, a bay that is gone, seconds, visits that overlap", () => {
  const one = row({ id: "one" });
  const others = [
    row({ id: "empty", energy_Wh: 0 }),
    row({ id: "unknown", energy_Wh: null }),
    row({ id: "gone", stationId: "P99" }),
    row({ id: "short", ended_at_ms: NOW_MS - 10 * HOUR_MS + 1_000 }),
    row({ id: "late", started_at_ms: NOW_MS - 7 * HOUR_MS, ended_at_ms: NOW_MS - 5 * HOUR_MS }),
  ];
  const { scenario, from_ms } = past([one, ...others]);
  expect(from_ms).toBe(NOW_MS - ADVICE_MS);
  expect(scenario.sessions.map(({ arrival_ms, departure_ms }) => [arrival_ms, departure_ms])).toEqual([
    [NOW_MS - 10 * HOUR_MS, NOW_MS - 7 * HOUR_MS],
    [NOW_MS - 7 * HOUR_MS, NOW_MS - 5 * HOUR_MS],
  ]);
});

test("the building's load is what the main meter counted beside the cars, and nothing where it did not", () => {
  const bucket = { from_ms: 0, to_ms: HOUR_MS, sessions: 0, quality: "ok" } as const;
  const hours = [
    { ...bucket, site_Wh: 6_900, ev_Wh: 0 },
    { ...bucket, from_ms: HOUR_MS, site_Wh: null, ev_Wh: 5 },
  ];
  const { scenario } = past([row({})], new Map(), hours);
  expect(scenario.site.otherLoad).toEqual([{ t_ms: 0, circuit: "main", load_A: [10, 10, 10] }]);
  expect(scenario.site.circuits[0]?.limit_A).toEqual([60, 60, 60]);
});
