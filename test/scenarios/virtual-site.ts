import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { flatTariff } from "../../src/core/tariff/index.ts";
import type { Plan } from "../../src/core/planning/index.ts";
import { wiredPhases } from "../../src/core/site/index.ts";
import type { Circuit, Rotation, SiteModel, SitePlanning, Station } from "../../src/core/site/index.ts";
import { basisPoint, epochMs, milliamp, perPhase, watt, wattHour } from "../../src/core/units/index.ts";
import type { PerPhase, Phase } from "../../src/core/units/index.ts";
import type { ControlPilot, ChargingStatus, DeviceEvent } from "../../src/main/devices/ports.ts";
import { watchFuses } from "../../src/main/site/alarm-watch.ts";
import { createCarMemory } from "../../src/main/site/car-memory.ts";
import { createVirtualClock } from "../../src/main/site/clock.ts";
import type { VirtualClock } from "../../src/main/site/clock.ts";
import { startControlLoop } from "../../src/main/site/control-loop.ts";
import { applyEvent } from "../../src/main/site/events.ts";
import { createPhaseDesk } from "../../src/main/site/phase-desk.ts";
import { SessionRecorder } from "../../src/main/site/recorder.ts";
import { newSiteState } from "../../src/main/site/state.ts";
import type { SiteState } from "../../src/main/site/state.ts";
import { createStayExpectations } from "../../src/main/site/stay-expectations.ts";
import { openDataFolder } from "../../src/main/storage/index.ts";
import type { Stores } from "../../src/main/storage/types.ts";

// The product's own loop, account, state and recorder on a clock that only a test moves, with boxes that are a few lines:
// for hours of a site in seconds, and for what no simulated wire would do.

export const VIRTUAL_START_MS = Date.UTC(2026, 5, 10, 6, 0, 0);
const SECOND_MS = 1_000;
const REPORT_EVERY_S = 15;
const VOLTAGE_V = 230;

export type VirtualBox = {
  readonly id: string;
  plugged: boolean;
  /** What the car takes at most; 0: it is full. */
  takes_mA: number;
  offered_mA: number;
  /** Below this the car does not charge. */
  takes_mA_min: number;
  /** Takes so many thousandths more than it is offered. */
  over_permille: number;
  /** Takes this whenever it may charge at all; `null`: what it is offered. */
  takesAlways_mA: number | null;
  /** Phases of its charger, as far as its box has them. */
  carPhases: 1 | 2 | 3;
  /** Where it really hangs, where the site file is wrong. */
  hangsOn: readonly Phase[] | null;
  /** What its box was switched to. */
  mode: 1 | 3;
  switches: number;
  /** Once paused it sleeps on, until something wakes it. */
  sleepsWhenPaused: boolean;
  asleep: boolean;
  /** False: says yes to every limit and goes on as before. */
  obeys: boolean;
  /** False: as if its line were cut. */
  answers: boolean;
  register_mWh: number;
  pauses: number;
  commands: number;
  status: ChargingStatus;
};

export type VirtualSite = {
  readonly state: SiteState;
  readonly clock: VirtualClock;
  /** Sets the clock on or back, as when the PC slept or was set. */
  jump(duration_ms: number): void;
  /** Everything else in the building, from now on: on each line the same, or line by line. */
  otherLoad(current_mA: number | PerPhase<number>): void;
  readonly stores: Stores;
  readonly recorder: SessionRecorder;
  readonly boxes: readonly VirtualBox[];
  /** While set, nothing can be written. */
  readonly disk: { full: boolean };
  /** Called before each decision; what it throws is a fault of what is only recorded. */
  readonly beforeCycle: { run: () => void };
  /** What was planned ahead, for each decision. */
  readonly planned: { plan: () => Plan | null };
  readonly errors: unknown[];
  emit(event: DeviceEvent): void;
  box(id: string): VirtualBox;
  drawn_mA(box: VirtualBox): number;
  /** What flows through a circuit, building and cars. */
  load_mA(circuitId?: string): PerPhase<number>;
  /** Says what the box would answer to a poll now. */
  report(box: VirtualBox): void;
  /** Otherwise done when the test ends. */
  stop(): Promise<void>;
  run(seconds: number, everySecond?: () => void): Promise<void>;
};

type VirtualOptions = {
  readonly points: number;
  readonly fuse_A: number;
  /** With a main meter the test says what it shows. */
  readonly meter?: boolean;
  /** One for each box in turn; left out: all on L1. */
  readonly rotations?: readonly Rotation[];
  /** Below the main fuse, boxes on each in turn; left out: all on the main fuse. */
  readonly circuits?: readonly { readonly id: string; readonly fuse_A: number }[];
  /** Boxes of three phases can be switched to one. */
  readonly switchable?: boolean;
  readonly planning?: SitePlanning;
  /** Started anew on what an earlier one left, later; left out: an empty folder, and nothing is left. */
  readonly again?: { readonly folder: string; readonly start_ms: number };
};

/** Boxes of the given wiring, single-phase ones on L1 if none is given, and cars that are told what to be. */
export function virtualSite(options: VirtualOptions): VirtualSite {
  const path = options.again?.folder ?? mkdtempSync(join(tmpdir(), "chargehand-virtual-"));
  const start_ms = options.again?.start_ms ?? VIRTUAL_START_MS;
  const folder = openDataFolder(path, { now_ms: () => start_ms });
  if (!folder.ok) throw new Error(folder.message);
  const { stores } = folder;
  if (stores.tariffs.list().length === 0)
    stores.tariffs.add(
      flatTariff({
        id: "t1",
        name: "Standard",
        currency: "EUR",
        perKWh: "0.42",
        vat_bp: basisPoint(1900),
        valid_from_ms: epochMs(0),
      }),
    );
  const model = siteModel(options);
  const steady = createVirtualClock(start_ms);
  let jumped_ms = 0;
  const clock: VirtualClock = { ...steady, now_ms: () => epochMs(steady.now_ms() + jumped_ms) };
  const state = newSiteState(model, clock.now_ms());
  const disk = { full: false };
  const written = <T>(work: () => T): T => {
    if (disk.full) throw new Error("database or disk is full");
    return folder.transaction(work);
  };
  const recorder = new SessionRecorder({ site: state, stores, transaction: written, onClosed: () => undefined });
  const emit = (event: DeviceEvent): void => {
    applyEvent(
      {
        site: state,
        recorder,
        openAccess: true,
        now_ms: () => clock.now_ms(),
        hurry: () => undefined,
        onStatus: () => undefined,
      },
      event,
    );
  };
  const boxes = model.stations.map((station): VirtualBox => ({
    id: station.id,
    plugged: false,
    takes_mA: 16_000,
    takes_mA_min: 6_000,
    over_permille: 0,
    takesAlways_mA: null,
    carPhases: 3,
    hangsOn: null,
    mode: 3,
    switches: 0,
    sleepsWhenPaused: false,
    asleep: false,
    offered_mA: station.fallback_mA,
    obeys: true,
    answers: true,
    register_mWh: 1_000_000_000,
    pauses: 0,
    commands: 0,
    status: "Available",
  }));
  const linesOf = (box: VirtualBox): readonly Phase[] => {
    const station = model.stations.find(({ id }) => id === box.id);
    return station === undefined ? [] : wiredPhases(station).slice(0, Math.min(box.carPhases, box.mode));
  };
  const report = (box: VirtualBox): void => {
    if (!box.answers) return;
    const status = statusOf(box, drawn_mA(box));
    const lines = linesOf(box);
    emit({
      kind: "reading",
      stationId: box.id,
      reading: {
        measured_at_ms: clock.now_ms(),
        ...status,
        current_mA: perPhase((_, own) => milliamp(own < lines.length ? drawn_mA(box) : 0)),
        voltage_mV: [null, null, null],
        power_W: watt(Math.round((drawn_mA(box) * lines.length * VOLTAGE_V) / 1000)),
        energyRegister_Wh: wattHour(Math.floor(box.register_mWh / 1000)),
        limit_mA: milliamp(box.offered_mA),
        errorCode: null,
      },
    });
  };
  for (const box of boxes) connect(state, box, options.switchable === true);
  for (const box of boxes) {
    emit({
      kind: "online",
      stationId: box.id,
      at_ms: clock.now_ms(),
      vendor: null,
      model: null,
      serial: null,
      firmware: null,
    });
    report(box);
  }
  const errors: unknown[] = [];
  const beforeCycle = { run: (): void => undefined };
  const planned = { plan: (): Plan | null => null };
  const expectations = createStayExpectations(state, stores.sessions);
  const cars = createCarMemory(state, stores.cars);
  const phases = createPhaseDesk(state, (_, detail) => errors.push(detail));
  const loop = startControlLoop({
    site: state,
    clock,
    stopwatch_us: () => 0,
    beforeCycle: [
      (now_ms) => {
        watchFuses(state, now_ms);
      },
      () => {
        beforeCycle.run();
      },
      (now_ms) => {
        expectations.follow(now_ms);
      },
      (now_ms) => {
        cars.follow(now_ms);
      },
    ],
    plan: () => planned.plan(),
    onCycle: [
      ({ request, allocation, at_ms }) => {
        phases.follow(request, allocation, at_ms);
      },
    ],
    onGrants: (changed, at_ms) => {
      written(() => {
        for (const { station, grant } of changed)
          stores.grants.add({
            stationId: station.id,
            at_ms,
            granted_mA: grant.current_mA,
            because: grant.because,
            queue: null,
          });
      });
    },
    onError: (error) => errors.push(error),
    onCommandFailed: () => undefined,
  });
  let ended = false;
  const stop = async (): Promise<void> => {
    if (ended) return;
    ended = true;
    const stopped = loop.stop();
    await clock.advance(SECOND_MS);
    await stopped;
    folder.close();
    if (options.again === undefined) rmSync(path, { recursive: true, force: true });
  };
  onTestFinished(stop);
  // As the product does with a box that is polled: what could not be stored is said again by its next reading.
  const polled = (one: VirtualBox): void => {
    try {
      report(one);
    } catch (error) {
      errors.push(error);
    }
  };
  const box = (id: string): VirtualBox => {
    const found = boxes.find((one) => one.id === id);
    if (found === undefined) throw new Error(`no box ${id}`);
    return found;
  };
  let second = 0;
  return {
    state,
    clock,
    jump: (duration_ms) => {
      jumped_ms += duration_ms;
    },
    otherLoad(current_mA) {
      const main = state.circuits.get("main");
      if (main === undefined) throw new Error("a site has a main circuit");
      const load = perPhase((_, index) => milliamp(typeof current_mA === "number" ? current_mA : current_mA[index]));
      state.circuits.set("main", { ...main, circuit: { ...main.circuit, otherLoad_mA_max: load } });
    },
    stores,
    recorder,
    boxes,
    disk,
    beforeCycle,
    planned,
    errors,
    emit,
    box,
    drawn_mA,
    load_mA: (circuitId = "main") =>
      perPhase((phase, index) => {
        const other = state.circuits.get(circuitId)?.circuit.otherLoad_mA_max?.[index] ?? 0;
        const below = new Set((state.below.get(circuitId) ?? []).map(({ station }) => station.id));
        const cars = boxes.filter((one) => below.has(one.id) && (one.hangsOn ?? linesOf(one)).includes(phase));
        return cars.reduce((sum, one) => sum + drawn_mA(one), other);
      }),
    report,
    stop,
    async run(seconds, everySecond = () => undefined) {
      for (let left = seconds; left > 0; left -= 1) {
        second += 1;
        for (const one of boxes) {
          one.register_mWh += Math.round((drawn_mA(one) * linesOf(one).length * VOLTAGE_V) / 3600);
          const { status } = statusOf(one, drawn_mA(one));
          const changed = status !== one.status;
          one.status = status;
          if (changed || (one.plugged && second % REPORT_EVERY_S === 0)) polled(one);
        }
        await clock.advance(SECOND_MS);
        everySecond();
      }
    },
  };
}

/** Highest phase. */
function drawn_mA(box: VirtualBox): number {
  if (!box.plugged || box.asleep) return 0;
  const allowed = box.obeys ? Math.min(box.takes_mA, box.offered_mA) : box.takes_mA;
  if (allowed < box.takes_mA_min) return 0;
  return box.takesAlways_mA ?? Math.round((allowed * (1000 + box.over_permille)) / 1000);
}

function connect(state: SiteState, box: VirtualBox, switchable: boolean): void {
  const own = state.stations.get(box.id);
  if (own === undefined) throw new Error("a box is a station of the site");
  const no = { ok: false, code: "not-supported", retry: false, detail: "" } as const;
  own.port = {
    stationId: box.id,
    reportsTransactions: false,
    setLimit: (current_mA) => {
      if (!box.answers) return Promise.resolve({ ok: false, code: "timeout", retry: true, detail: "no answer" });
      const before = drawn_mA(box);
      box.offered_mA = current_mA;
      box.commands += 1;
      if (before > 0 && drawn_mA(box) === 0) {
        box.pauses += 1;
        box.asleep = box.sleepsWhenPaused;
      }
      return Promise.resolve({ ok: true, confirmed_mA: current_mA });
    },
    start: () => Promise.resolve(no),
    stop: () => Promise.resolve(no),
    unlock: () => Promise.resolve(no),
    reset: () => Promise.resolve(no),
    ...(switchable
      ? {
          switchPhases: (phases: 1 | 3) => {
            box.mode = phases;
            box.switches += 1;
            return Promise.resolve({ ok: true } as const);
          },
        }
      : {}),
  };
}

function statusOf(box: VirtualBox, drawn_mA: number): { status: ChargingStatus; controlPilot: ControlPilot } {
  if (!box.plugged) return { status: "Available", controlPilot: "A" };
  if (drawn_mA > 0) return { status: "Charging", controlPilot: "C" };
  return { status: box.offered_mA < 6_000 ? "SuspendedEVSE" : "SuspendedEV", controlPilot: "B" };
}

function siteModel(options: VirtualOptions): SiteModel {
  const { points, fuse_A, meter = false, rotations = ["L1"], circuits = [], planning } = options;
  const circuit = (id: string, parentId: string | null, limit_A: number): Circuit => {
    const fuse = milliamp(limit_A * 1000);
    return {
      id,
      name: id,
      parentId,
      fuse_mA: [fuse, fuse, fuse],
      margin_mA: milliamp(0),
      meterId: meter && parentId === null ? "grid" : null,
      limit_W: null,
      otherLoad_mA_max: null,
    };
  };
  const stations = Array.from({ length: points }, (_, index): Station => {
    const rotation = rotations[index % rotations.length] ?? "L1";
    return {
      id: `P${String(index + 1).padStart(2, "0")}`,
      name: `Bay ${String(index + 1)}`,
      circuitId: circuits[index % circuits.length]?.id ?? "main",
      phaseCount: rotation.length > 2 ? 3 : 1,
      rotation,
      current_mA_min: milliamp(6_000),
      current_mA_max: milliamp(32_000),
      step_mA: milliamp(100),
      fallback_mA: milliamp(6_000),
      priority: 1,
      connection: { kind: "profile", profileId: "virtual", linkId: "virtual", unitId: index + 1 },
    };
  });
  return {
    identity: { name: "Virtual", timezone: "Europe/Berlin", currency: "EUR", country: "DE", nominal_V: VOLTAGE_V },
    circuits: [circuit("main", null, fuse_A), ...circuits.map((one) => circuit(one.id, "main", one.fuse_A))],
    links: [],
    meters: meter ? [{ id: "grid", name: "Grid", profileId: "virtual", linkId: "virtual", unitId: 99 }] : [],
    stations,
    ...(planning === undefined ? {} : { planning }),
  };
}
