import fc from "fast-check";
import { expect, test } from "vitest";
import { PROTECTIVE_DEVICES, SHARING_RULES, unknownHabits } from "../../src/core/balancing/index.ts";
import type { Circuit, Rotation, SiteModel, Station } from "../../src/core/site/index.ts";
import { epochMs, milliamp, millisecond, PHASES, watt, wattHour } from "../../src/core/units/index.ts";
import type { EpochMs, PerPhase } from "../../src/core/units/index.ts";
import type { ChargingStatus, StationPort } from "../../src/main/devices/ports.ts";
import { createVirtualClock } from "../../src/main/site/clock.ts";
import { startControlLoop } from "../../src/main/site/control-loop.ts";
import { applyMeter } from "../../src/main/site/meter-intake.ts";
import { newSiteState } from "../../src/main/site/state.ts";
import type { SiteState, StationState } from "../../src/main/site/state.ts";

// Whatever stands in a site file and whatever was heard, measured and learned: the loop must always come to a decision. An
// exception would leave every box where it is.

const START_MS = Date.UTC(2026, 9, 24, 23, 0, 0);
const SECONDS = 6;
const RUNS = 300;

const mA = (min: number, max: number) => fc.integer({ min, max }).map(milliamp);
const lines = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<PerPhase<T>> => fc.tuple(one, one, one);
const perhaps = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(one, { nil: null });
const sharing = fc.record({
  rule: fc.constantFrom(...SHARING_RULES),
  hold_ms: fc.constantFrom(900_000, 3_600_000).map(millisecond),
});

const aCircuit = fc.record({
  on: fc.nat(),
  fuse_mA: lines(mA(1_000, 250_001)),
  margin_mA: mA(0, 20_003),
  metered: fc.boolean(),
  limit_W: perhaps(fc.integer({ min: 0, max: 200_000 }).map(watt)),
  otherLoad_mA_max: perhaps(lines(mA(0, 80_001))),
  protection: fc.constantFrom(...PROTECTIVE_DEVICES),
  delta: fc.constantFrom(false, false, true),
  unbalance_mA: perhaps(mA(0, 30_001)),
  sharing: perhaps(sharing),
  imposed: perhaps(fc.record({ limit_mA: perhaps(lines(mA(0, 60_001))), limit_W: perhaps(fc.nat(90_000).map(watt)) })),
});

const rotations: readonly Rotation[] = ["L1L2L3", "L2L3L1", "L3L1L2", "L1L3L2", "L2L1L3", "L3L2L1", "L1", "L2", "L3"];
const statuses: readonly ChargingStatus[] = [
  "Available",
  "Preparing",
  "Charging",
  "SuspendedEV",
  "SuspendedEVSE",
  "Finishing",
  "Faulted",
];
const ago = fc.constantFrom(-5_000, 0, 700, 9_000, 31_000, 400_000, 90_000_000);
const aStation = fc.record({
  on: fc.nat(),
  rotation: fc.constantFrom(...rotations),
  phases: fc.constantFrom(1 as const, 2 as const, 3 as const),
  min_mA: mA(6_000, 17_777),
  more_mA: mA(-3_000, 60_001),
  step_mA: fc.constantFrom(0, 1, 100, 333, 1_000, 32_000).map(milliamp),
  fallback_mA: mA(0, 40_001),
  priority: fc.constantFrom(0, 1, 3, 100),
  online: fc.constantFrom(true, true, true, false),
  status: fc.constantFrom(...statuses),
  currents: lines(perhaps(mA(0, 40_001))),
  readAgo: ago,
  pluggedAgo: ago,
  over_permille: fc.constantFrom(0, 3, 77, 100),
  over_mA: mA(0, 7_001),
  learned_mA: perhaps(fc.constantFrom(8_000, 10_000).map(milliamp)),
  bound_mA: perhaps(mA(0, 33_001)),
  oneProven: fc.boolean(),
  onePhase: fc.boolean(),
  manual_mA: perhaps(mA(0, 40_001)),
  needed_Wh: perhaps(fc.constantFrom(0, 1, 20_000, 2 ** 48).map(wattHour)),
  leaves: fc.constantFrom(-90_000_000, -1, 0, 1, 60_001, 10 ** 12),
  attained_Wh: fc.constantFrom(-10, 0, 99, 101, 50_000, 2 ** 45),
  register: fc.boolean(),
  setpoint_mA: perhaps(mA(0, 40_001)),
  reply: fc.constantFrom("yes", "yes", "yes", "no", "never", "throws"),
});
type ACircuit = typeof aCircuit extends fc.Arbitrary<infer T> ? T : never;
type AStation = typeof aStation extends fc.Arbitrary<infer T> ? T : never;

function siteOf(
  circuits: readonly ACircuit[],
  stations: readonly AStation[],
  rule: SiteModel["sharing"],
  nominal_V: number,
): SiteModel {
  return {
    identity: { name: "Odd", timezone: "Europe/Berlin", currency: "EUR", country: "DE", nominal_V },
    ...(rule === undefined ? {} : { sharing: rule }),
    links: [],
    circuits: circuits.map((one, index): Circuit => ({
      id: `c${String(index)}`,
      name: "c",
      parentId: index === 0 ? null : `c${String(one.on % index)}`,
      fuse_mA: one.fuse_mA,
      margin_mA: one.margin_mA,
      meterId: one.metered ? `m${String(index)}` : null,
      limit_W: one.limit_W,
      otherLoad_mA_max: one.otherLoad_mA_max,
      protection: one.protection,
      ...(one.delta ? { system: "delta" as const } : {}),
      ...(one.unbalance_mA === null ? {} : { unbalance_mA: one.unbalance_mA }),
      ...(one.sharing === null ? {} : { sharing: one.sharing }),
    })),
    meters: circuits.flatMap((one, index) =>
      one.metered ? [{ id: `m${String(index)}`, name: "m", profileId: "x", linkId: "x", unitId: 1 }] : [],
    ),
    stations: stations.map((one, index): Station => ({
      id: `P${String(index)}`,
      name: "P",
      circuitId: `c${String(one.on % circuits.length)}`,
      phaseCount: one.rotation.length === 2 ? 1 : one.phases,
      rotation: one.rotation,
      current_mA_min: one.min_mA,
      current_mA_max: milliamp(one.min_mA + one.more_mA),
      step_mA: one.step_mA,
      fallback_mA: one.fallback_mA,
      priority: one.priority,
      connection: { kind: "profile", profileId: "x", linkId: "x", unitId: index },
    })),
  };
}

function portOf(one: AStation, id: string, told: number[]): StationPort {
  const no = { ok: false, code: "rejected", retry: false, detail: "" } as const;
  return {
    stationId: id,
    reportsTransactions: false,
    setLimit: (current_mA) => {
      told.push(current_mA);
      if (one.reply === "throws") return Promise.reject(new Error("a driver's own fault"));
      if (one.reply === "no") return Promise.resolve(no);
      return one.reply === "yes"
        ? Promise.resolve({ ok: true, confirmed_mA: current_mA })
        : new Promise(() => undefined);
    },
    start: () => Promise.resolve(no),
    stop: () => (one.reply === "throws" ? Promise.reject(new Error("no stop")) : Promise.resolve(no)),
    unlock: () => Promise.resolve(no),
    reset: () => Promise.resolve(no),
  };
}

/** What happened to the station before. */
function live(state: StationState, one: AStation, now_ms: EpochMs): void {
  const at_ms = epochMs(now_ms - one.pluggedAgo);
  const sample = (register_Wh: number) => ({ at_ms, received_at_ms: at_ms, register_Wh: wattHour(register_Wh) });
  state.online = one.online;
  state.status = one.status;
  state.pluggedAt_ms = at_ms;
  state.chargingSince_ms = one.status === "Charging" ? at_ms : null;
  state.reading = {
    measured_at_ms: epochMs(now_ms - one.readAgo),
    status: one.status,
    controlPilot: null,
    current_mA: one.currents,
    voltage_mV: [null, null, null],
    power_W: null,
    energyRegister_Wh: null,
    limit_mA: null,
    errorCode: null,
  };
  const opened = {
    id: "s",
    stationId: state.station.id,
    evseId: 1,
    transactionId: null,
    idToken: null,
    started_at_ms: at_ms,
    received_at_ms: at_ms,
    start_Wh: wattHour(1_000),
  };
  const lastRegister = one.register ? sample(1_000 + one.attained_Wh) : null;
  state.evse = { ...state.evse, running: { opened, lastRegister, activity: null } };
  if (one.setpoint_mA !== null)
    state.ledger = {
      ...state.ledger,
      setpoint_mA: one.setpoint_mA,
      upper_mA: one.setpoint_mA,
      sent_at_ms: epochMs(now_ms - 90_000),
      acknowledged_at_ms: epochMs(now_ms - 90_000),
    };
  state.overdraw = { ...state.overdraw, over_mA: one.over_mA, over_permille: one.over_permille };
  const phases = one.oneProven ? PHASES.slice(0, 1) : null;
  state.habits = { ...unknownHabits, min_mA: one.learned_mA, phases, seen: one.oneProven ? 3 : 0 };
  state.vehicle = { bound_mA: one.bound_mA, below_since_ms: null };
  state.phaseMode = { now: one.onePhase ? 1 : 3, switched_at_ms: null, switches: 0 };
  state.manualLimit = one.manual_mA === null ? null : { limit_mA: one.manual_mA, until_ms: null };
  const { needed_Wh } = one;
  state.expected =
    needed_Wh === null ? null : { needed_Wh, departure_ms: epochMs(now_ms + one.leaves), from: "declared" };
}

const readMeters = (site: SiteState, current_mA: PerPhase<ReturnType<typeof milliamp>>, at_ms: EpochMs): void => {
  for (const id of site.meters.keys())
    applyMeter(site, id, {
      measured_at_ms: at_ms,
      current_mA,
      voltage_mV: [null, null, null],
      power_W: null,
      energyImport_Wh: null,
      energyExport_Wh: null,
    });
};

test(
  "the loop decides whatever stands in the site file and whatever was heard and learned",
  { timeout: 300_000 },
  async () => {
    const world = fc.record({
      circuits: fc.array(aCircuit, { minLength: 1, maxLength: 5 }),
      stations: fc.array(aStation, { minLength: 1, maxLength: 8 }),
      rule: fc.option(sharing, { nil: undefined }),
      nominal_V: fc.constantFrom(100, 127, 230, 277),
      samples: fc.array(lines(mA(-40_001, 120_001)), { minLength: SECONDS, maxLength: SECONDS }),
      usage: fc.constantFrom(null, 0.3, 40),
    });
    await fc.assert(
      fc.asyncProperty(world, async ({ circuits, stations, rule, nominal_V, samples, usage }) => {
        const clock = createVirtualClock(START_MS);
        const site = newSiteState(siteOf(circuits, stations, rule, nominal_V), clock.now_ms());
        site.usage = { ...site.usage, overload: usage };
        const told = stations.map((): number[] => []);
        stations.forEach((one, index) => {
          const state = site.stations.get(`P${String(index)}`);
          if (state === undefined) throw new Error("a station is there");
          live(state, one, clock.now_ms());
          state.port = portOf(one, state.station.id, told[index] ?? []);
        });
        circuits.forEach(({ imposed }, index) => {
          const state = site.circuits.get(`c${String(index)}`);
          if (state !== undefined && imposed !== null)
            state.imposed = [{ ...imposed, kind: "grid_signal", ref: "operator" }];
        });
        const errors: unknown[] = [];
        const loop = startControlLoop({
          site,
          clock,
          stopwatch_us: () => 0,
          beforeCycle: [],
          onCycle: [],
          onGrants: () => undefined,
          onError: (error) => errors.push(error),
          onCommandFailed: () => undefined,
        });
        for (const sample of samples) {
          readMeters(site, sample, clock.now_ms());
          await clock.advance(1_000);
        }
        const stopped = loop.stop();
        await clock.advance(1_000);
        await stopped;
        expect(errors).toEqual([]);
        told.flat().forEach((current) => {
          expect(Number.isSafeInteger(current) && current >= 0).toBe(true);
        });
      }),
      { numRuns: RUNS },
    );
  },
);
