import { globSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Link } from "../../../src/core/site/index.ts";
import { milliamp } from "../../../src/core/units/index.ts";
import {
  loadAnyProfile,
  profileForConnector,
  type CanonicalValue,
  type DeviceProfile,
} from "../../../src/main/devices/profile/index.ts";
import type {
  DeviceEvent,
  FailSafe,
  LimitReply,
  MeterReading,
  StationReading,
} from "../../../src/main/devices/ports.ts";
import { createModbusServer, profileBank, type BankWrite } from "../../../src/main/simulator/modbus/index.ts";
import {
  clockOf,
  createRecorder,
  meterOf,
  PROFILE_FOLDERS,
  startDevices,
  stationOf,
  tcpLink,
} from "../../protocol/modbus/bench.ts";
import { createUdpServer } from "../../protocol/modbus/udp-server.ts";

const [FOLDER = ""] = PROFILE_FOLDERS;
const SPEED = 10;
/** Devices that run at the same time, so that the whole list is done soon and no time-out is reached for want of time. */
const AT_ONCE = 24;
const PATIENCE_ms = 25_000;

const profiles: readonly DeviceProfile[] = globSync("*/*.yaml", { cwd: FOLDER })
  .sort()
  .flatMap((file) => {
    const loaded = loadAnyProfile(basename(file, ".yaml"), PROFILE_FOLDERS);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return loaded.profile.driver === "modbus" ? [loaded.profile] : [];
  });
const chargers = profiles.filter((profile) => profile.kind === "charger");
const meters = profiles.filter((profile) => profile.kind === "meter");

/** What the simulated device measures, in our units; conditions of all documents are met. */
const MEASURED: Readonly<Record<string, CanonicalValue>> = {
  current: 11_000,
  current_l1: 10_000,
  current_l2: 11_000,
  current_l3: 12_000,
  voltage_l1: 230_000,
  voltage_l2: 231_000,
  voltage_l3: 229_000,
  power_l1: 2_300,
  power_l2: 2_500,
  power_l3: 2_700,
  power: 7_500,
  power_import: 7_600,
  power_export: 100,
  energy_import: 1_234_000,
  energy_import_l1: 411_000,
  energy_import_l2: 412_000,
  energy_import_l3: 411_000,
  energy_export: 5_000,
  phases_active: 3,
  map_version: 0x0600,
  hw_version: 1,
  phase_module: 1,
  phase_wake: 1,
  independent_relays: 1,
  model: "4You",
  model_code: 0xa1b1,
  error_code: 0,
};
const firmwareOf = (profile: DeviceProfile): CanonicalValue => {
  const register = profile.registers.find((one) => one.what.includes("firmware"));
  return register?.type === "u16" || register?.type === "u32" ? 0xf000 : "99.0";
};

type Outcome = {
  readonly profile: DeviceProfile;
  reading: StationReading | MeterReading | null;
  readonly replies: { limit_mA: number; reply: LimitReply; offered_mA: number | null }[];
  phases: { readonly ok: boolean; readonly written: readonly number[]; readonly offered_mA: number | null } | null;
  failSafe: FailSafe | null;
  expired: { readonly before: boolean; readonly offered_mA: number | null; readonly fallback_mA: number } | null;
  problem: string | null;
};

const outcomes = new Map<string, Outcome>();
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const waiting = [...profiles];
  const worker = async (): Promise<void> => {
    for (let profile = waiting.shift(); profile !== undefined; profile = waiting.shift()) {
      const outcome: Outcome = {
        profile,
        reading: null,
        replies: [],
        phases: null,
        failSafe: null,
        expired: null,
        problem: null,
      };
      outcomes.set(profile.id, outcome);
      await live(outcome).catch((error: unknown) => {
        outcome.problem = String(error);
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}, 120_000);
afterAll(async () => {
  await Promise.all(cleanups.map((cleanup) => cleanup()));
});

/** One device's life: found, read, told, paused, resumed, switched, and left alone until its own guard acts. */
async function live(outcome: Outcome): Promise<void> {
  const { profile } = outcome;
  const clock = clockOf(SPEED);
  const writes: BankWrite[] = [];
  let ahead_ms = 0;
  const bank = profileBank({
    profile: profileForConnector(profile, 1),
    now_ms: () => clock.now_ms() + ahead_ms,
    onWrite: (write) => writes.push(write),
    values: (what) => {
      if (what === "state") return profile.kind === "charger" ? "charging" : undefined;
      if (what === "firmware") return firmwareOf(profile);
      // A car stops taking current when it is offered none.
      if (
        /^current_l[123]$/u.test(what) &&
        bank.offered_mA() === 0 &&
        writes.some(({ kind }) => kind === "set-current")
      )
        return 0;
      return MEASURED[what];
    },
  });
  // A bit that is right already is not written again: the box begins on three phases.
  const { bit, address = 0 } = profile.control?.phases ?? {};
  if (bit !== undefined) bank.answer({ fc: 6, address, value: 1 << bit });
  writes.length = 0;
  const [wire] = profile.transport.options;
  const framing = wire === "rtu" ? "rtu" : wire === "ascii" ? "ascii" : "mbap";
  const unit = profile.transport.unit_id?.default ?? 1;
  const units = new Map([[unit, bank]]);
  const server = await (wire === "udp"
    ? createUdpServer(units)
    : createModbusServer({ transport: { kind: "tcp", port: 0, framing }, units }));
  cleanups.push(() => server.close());
  const link: Link =
    wire === "udp"
      ? { id: "gw", kind: "udp", host: "127.0.0.1", port: server.port }
      : tcpLink("gw", framing === "mbap" ? "modbus-tcp" : "rtu-over-tcp", server.port);
  const recorder = createRecorder();
  const isMeter = profile.kind === "meter";
  const devices = startDevices(clock, recorder.emit, {
    links: [link],
    meters: isMeter ? [meterOf("D", profile.id, "gw", unit)] : [],
    stations: isMeter ? [] : [stationOf("D", profile.id, "gw", unit)],
  });
  try {
    outcome.reading = await complete(profile, recorder);
    const [port] = devices.stations;
    if (port === undefined) return;
    for (const limit_mA of [10_350, 0, 12_000]) {
      const reply = await port.setLimit(milliamp(limit_mA));
      outcome.replies.push({ limit_mA, reply, offered_mA: bank.offered_mA() });
    }
    if (profile.control?.phases?.values !== undefined && profile.control.phases.unverified !== true) {
      const switched = await port.switchPhases?.(1);
      const written = writes.flatMap((write) => (write.kind === "phases" ? [write.phases] : []));
      outcome.phases = { ok: switched?.ok === true, written, offered_mA: bank.offered_mA() };
    }
    outcome.failSafe = port.failSafe?.() ?? null;
  } finally {
    await devices.stop();
  }
  const before = writes.some(({ kind }) => kind === "watchdog-expired");
  ahead_ms = 3_600_000;
  const offered_mA = bank.offered_mA();
  const expired = writes.find((write) => write.kind === "watchdog-expired");
  if (expired?.kind === "watchdog-expired") outcome.expired = { before, offered_mA, fallback_mA: expired.current_mA };
}

/** The first reading that holds everything the document promises. */
async function complete(
  profile: DeviceProfile,
  recorder: ReturnType<typeof createRecorder>,
): Promise<StationReading | MeterReading> {
  const readingOf = (event: DeviceEvent): StationReading | MeterReading | null =>
    event.kind === "reading" || event.kind === "meter-reading" ? event.reading : null;
  const isComplete = (event: DeviceEvent): boolean => {
    const reading = readingOf(event);
    return reading !== null && promised(profile).every((field) => flat(reading)[field] !== null);
  };
  const timer = new AbortController();
  const late = wait(PATIENCE_ms, null, { signal: timer.signal }).then(
    () => null,
    () => null,
  );
  const event = recorder.events.find(isComplete) ?? (await Promise.race([recorder.until(isComplete), late]));
  timer.abort();
  if (event === null) {
    const last = recorder.events.map(readingOf).findLast((one) => one !== null);
    throw new Error(`no whole reading, but ${JSON.stringify(last)}`);
  }
  const reading = readingOf(event);
  if (reading === null) throw new Error("no reading");
  return reading;
}

/** A reading as numbers by the documents' names. */
function flat(reading: StationReading | MeterReading): Readonly<Record<string, number | string | null>> {
  const energy = "energyRegister_Wh" in reading ? reading.energyRegister_Wh : reading.energyImport_Wh;
  return {
    ...Object.fromEntries(reading.current_mA.map((value, i) => [`current_l${String(i + 1)}`, value])),
    ...Object.fromEntries(reading.voltage_mV.map((value, i) => [`voltage_l${String(i + 1)}`, value])),
    power: reading.power_W,
    energy_import: energy,
    ...("energyExport_Wh" in reading ? { energy_export: reading.energyExport_Wh } : { state: reading.status }),
  };
}

/** Names of the values that this device gives. */
function promised(profile: DeviceProfile): readonly string[] {
  const given = new Set([...profile.registers.flatMap(({ what }) => what), ...Object.keys(profile.derived ?? {})]);
  const names = [
    "current_l1",
    "current_l2",
    "current_l3",
    "voltage_l1",
    "voltage_l2",
    "voltage_l3",
    "power",
    "energy_import",
  ];
  const own = names.filter((name) => given.has(name));
  return profile.kind === "charger" ? [...own, "state"] : given.has("energy_export") ? [...own, "energy_export"] : own;
}

const FACTOR: Readonly<Record<string, number>> = { A: 1000, V: 1000, W: 1, VA: 1, kW: 1000, Wh: 1, VAh: 1, kWh: 1000 };
/** One step of the device for this value, in our unit. */
function stepOf(profile: DeviceProfile, what: string): number {
  const register = profile.registers.find((one) => one.what.includes(what));
  if (register === undefined) return 3;
  const isFloat = register.type === "f32";
  return (isFloat ? 0.001 : (register.scale ?? 1)) * (FACTOR[register.unit ?? ""] ?? 1) + 1;
}

const outcomeOf = (profile: DeviceProfile): Outcome => {
  const outcome = outcomes.get(profile.id);
  if (outcome === undefined) throw new Error("it never ran");
  if (outcome.problem !== null) throw new Error(outcome.problem);
  return outcome;
};

function expectValues(profile: DeviceProfile): void {
  const { reading } = outcomeOf(profile);
  if (reading === null) throw new Error("no reading");
  const shown = flat(reading);
  for (const what of promised(profile)) {
    if (what === "state") expect(shown["state"]).toBe("Charging");
    else {
      const difference = Math.abs(Number(shown[what]) - Number(MEASURED[what]));
      expect(difference, `${what}: ${String(shown[what])}`).toBeLessThanOrEqual(stepOf(profile, what));
    }
  }
}

describe.each(meters.map((profile) => [profile.id, profile] as const))("meter %s", (_, profile) => {
  test("gives on its own wire what it measures, in our units", () => {
    expectValues(profile);
  });
});

describe.each(chargers.map((profile) => [profile.id, profile] as const))("charger %s", (_, profile) => {
  test("gives on its own wire what it measures, in our units", () => {
    expectValues(profile);
  });

  test("takes a limit and never offers more, pauses at 0, and resumes", () => {
    const { replies } = outcomeOf(profile);
    expect(replies.map(({ reply }) => (reply.ok ? "ok" : reply.detail))).toEqual(["ok", "ok", "ok"]);
    const [lowered, paused, raised] = replies.map(({ offered_mA }) => offered_mA ?? -1);
    expect(lowered).toBeLessThanOrEqual(10_350);
    expect(lowered).toBeGreaterThan(9_000);
    expect(paused).toBe(0);
    expect(raised).toBeLessThanOrEqual(12_000);
    expect(raised).toBeGreaterThan(11_000);
  });

  test("changes its phases without current, where it can, and goes on with the limit it had", () => {
    const { phases, replies } = outcomeOf(profile);
    if (profile.control?.phases?.values === undefined || profile.control.phases.unverified === true) {
      expect(phases).toBeNull();
      return;
    }
    expect(phases).toMatchObject({ ok: true, offered_mA: replies.at(-1)?.offered_mA });
    // Some boxes want the count again when they resume.
    expect(new Set(phases?.written)).toEqual(new Set([1]));
  });

  test("says what it offers when it hears nothing, and then does so", () => {
    const { failSafe, expired } = outcomeOf(profile);
    const { feed = "unknown", current, power } = profile.failsafe ?? {};
    if (feed === "none" || feed === "unknown") {
      expect(failSafe).toMatchObject({ kind: "unknown", current_mA: null, timeout_ms: null });
      expect(failSafe?.doubt).toBe(feed === "none" ? "no-guard" : "not-documented");
      expect(expired).toBeNull();
      return;
    }
    expect(expired).toMatchObject({ before: false });
    const isTold = (current?.write_fc !== undefined && current.unverified !== true) || power !== undefined;
    // What cannot be read back is not known, whatever the box accepted.
    const isShown = current?.fc !== undefined || power?.fc !== undefined;
    if (isTold && !isShown) expect(failSafe).toMatchObject({ kind: "unknown", doubt: "not-readable" });
    else if (isTold) {
      expect(failSafe?.kind).toBe("known");
      expect(Math.abs((failSafe?.current_mA ?? 0) - 6_000)).toBeLessThan(10);
    }
    if (isTold) expect(Math.abs((expired?.offered_mA ?? 0) - 6_000)).toBeLessThan(10);
  });
});
