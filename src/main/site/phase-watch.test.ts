import { expect, test } from "vitest";
import type { SiteModel, Station } from "../../core/site/index.ts";
import { epochMs, milliamp } from "../../core/units/index.ts";
import type { PhaseRecord, PhaseStore, StoredPhaseEvidence } from "../storage/types.ts";
import { activePhases } from "./box-view.ts";
import { createPhaseWatch } from "./phase-watch.ts";
import type { PhaseWatch } from "./phase-watch.ts";
import { newSiteState } from "./state.ts";
import type { SiteState, StationState } from "./state.ts";

const START_MS = Date.UTC(2026, 5, 1);
const fuse = milliamp(63_000);

function model(system: "star" | "delta", meterId: string | null): SiteModel {
  const station: Station = {
    id: "P01",
    name: "Bay 1",
    circuitId: "main",
    phaseCount: 1,
    rotation: "L1",
    current_mA_min: milliamp(6_000),
    current_mA_max: milliamp(32_000),
    step_mA: milliamp(100),
    fallback_mA: milliamp(6_000),
    priority: 1,
    connection: { kind: "profile", profileId: "virtual", linkId: "virtual", unitId: 1 },
  };
  return {
    identity: { name: "Site", timezone: "Europe/Berlin", currency: "EUR", country: "DE", nominal_V: 230 },
    circuits: [
      {
        id: "main",
        name: "Main",
        parentId: null,
        fuse_mA: [fuse, fuse, fuse],
        margin_mA: milliamp(0),
        meterId,
        limit_W: null,
        otherLoad_mA_max: null,
        system,
      },
    ],
    links: [],
    meters: [{ id: "grid", name: "Grid", profileId: "virtual", linkId: "virtual", unitId: 9 }],
    stations: [station],
  };
}

/** Keeps what it is given. */
function memory(): PhaseStore & { readonly kept: StoredPhaseEvidence[]; readonly records: PhaseRecord[] } {
  const kept: StoredPhaseEvidence[] = [];
  const records: PhaseRecord[] = [];
  return {
    kept,
    records,
    evidence: () => kept,
    saveEvidence: (evidence) => kept.splice(0, kept.length, evidence),
    addFinding: (record) => records.push(record),
    lastFinding: () => records.at(-1) ?? null,
    saveCarPhases: () => undefined,
    carPhases: () => new Map(),
  };
}

const bayOf = (site: SiteState): StationState => {
  const state = site.stations.get("P01");
  if (state === undefined) throw new Error("the bay is there");
  return state;
};

/** A car steps between 6 and 10 A; the meter sees it on L3. */
function live(site: SiteState, watch: PhaseWatch, seconds: number, late_ms = 0): void {
  const state = bayOf(site);
  for (let second = 0; second < seconds; second += 1) {
    const now_ms = epochMs(START_MS + second * 1_000);
    const current_mA = milliamp(Math.floor(second / 30) % 2 === 0 ? 6_000 : 10_000);
    const rest = { voltage_mV: [null, null, null], power_W: null } as const;
    state.reading = {
      ...rest,
      measured_at_ms: epochMs(now_ms - late_ms),
      status: "Charging",
      controlPilot: "C",
      current_mA: [current_mA, null, null],
      energyRegister_Wh: null,
      limit_mA: null,
      errorCode: null,
    };
    watch.stationRead(state, now_ms);
    const meter = { ...rest, energyImport_Wh: null, energyExport_Wh: null, measured_at_ms: now_ms };
    const seen_mA = milliamp(2_000 + current_mA);
    watch.meterRead("grid", { ...meter, current_mA: [milliamp(3_000), milliamp(1_000), seen_mA] }, now_ms);
    watch.follow(now_ms);
  }
}

test("a bay that is wired otherwise is doubted, counts on all phases, and is recorded once", () => {
  const site = newSiteState(model("star", "grid"), epochMs(START_MS));
  const store = memory();
  const watch = createPhaseWatch(site, store, epochMs(START_MS));
  expect(activePhases(bayOf(site))).toEqual(["L1"]);
  live(site, watch, 400);
  expect(watch.finding(bayOf(site))).toMatchObject({ state: "disagrees", found: "L3" });
  expect(activePhases(bayOf(site))).toEqual(["L1", "L2", "L3"]);
  expect(store.records).toMatchObject([{ method: "operation", configured: "L1", found: "L3", outcome: "disagrees" }]);
});

test("evidence outlives a restart, and the bay is doubted again without another step", () => {
  const store = memory();
  const before = newSiteState(model("star", "grid"), epochMs(START_MS));
  const watch = createPhaseWatch(before, store, epochMs(START_MS));
  live(before, watch, 400);
  watch.save(epochMs(START_MS + 400_000));
  const site = newSiteState(model("star", "grid"), epochMs(START_MS));
  const again = createPhaseWatch(site, store, epochMs(START_MS + 500_000));
  again.follow(epochMs(START_MS + 500_000));
  expect(bayOf(site).phaseMapDoubted).toMatchObject({ found: "L3" });
  expect(store.records).toHaveLength(1);
  again.forget("P01", epochMs(START_MS + 600_000));
  expect(bayOf(site).phaseMapDoubted).toBeNull();
  expect(store.kept[0]).toMatchObject({ steps: 0, since_ms: START_MS + 600_000 });
});

test("readings that were queued somewhere tell nothing", () => {
  const site = newSiteState(model("star", "grid"), epochMs(START_MS));
  const watch = createPhaseWatch(site, memory(), epochMs(START_MS));
  live(site, watch, 400, 30_000);
  expect(watch.finding(bayOf(site))).toMatchObject({ state: "unknown", steps: 0 });
});

test("without a meter, and between the lines of a delta, nobody is compared", () => {
  for (const [system, meterId] of [
    ["star", null],
    ["delta", "grid"],
  ] as const) {
    const site = newSiteState(model(system, meterId), epochMs(START_MS));
    const watch = createPhaseWatch(site, memory(), epochMs(START_MS));
    live(site, watch, 400);
    expect(watch.meterOf(bayOf(site))).toBeNull();
    expect(watch.finding(bayOf(site))).toMatchObject({ state: "unknown", steps: 0 });
  }
});
