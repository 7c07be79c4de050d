import { watt, wattHour, milliamp, millivolt, perPhase, type Milliamp, type PerPhase, type Watt } from "../../../core/units/index.ts";
import type { Station } from "../../../core/site/index.ts";
import type { Clock, CommandReply, DeviceListener, LimitReply, StationPort, StationReading } from "../ports.ts";
import { nextEnergy, NO_ENERGY, type CanonicalState, type DeviceProfile, type EnergyFilter } from "../profile/index.ts";
import { canonicalState, statusOf } from "./charging-state.ts";
import { startDeviceLoop, type DeviceLoop } from "./device-loop.ts";
import type { DeviceWire } from "./device-wire.ts";
import { createHeartbeat } from "./heartbeat.ts";
import { applyLimit, failure, limitPlan, offered, type LimitContext } from "./limit-control.ts";
import { runSteps, stepValues } from "./profile-steps.ts";
import { createRegisterReader, type ReadResult, type RegisterReader } from "./register-reader.ts";
import type { DeviceHealth, DeviceLog, RunningDevice } from "./running-device.ts";
import { createSetpointWatch } from "./setpoint-watch.ts";

/** Boxes of small sites: three phases of at least 32 A at 250 V. */
const CURRENT_A_min_for_power = 32;
const VOLTAGE_V_max = 250;

const WANTED = /^(?:state|(?:current|voltage)_l[123]|power|energy_import|energy_since_power_on|current_limit|error_code|serial|firmware|model)$/u;

export type StationDriver = RunningDevice & { readonly port: StationPort };

type Context = {
  readonly station: Station;
  readonly profile: DeviceProfile;
  readonly wire: DeviceWire;
  readonly clock: Clock;
  readonly emit: DeviceListener;
  readonly log: DeviceLog;
  readonly startAfter_ms: number;
};

/** Runs one box as its profile says: polls it, emits its readings, and takes limits through the returned port. */
export function startStationDriver(context: Context): StationDriver {
  const { station, profile, wire, clock, emit, log } = context;
  const stationId = station.id;
  const reader = createRegisterReader({ profile, wire, now_ms: () => clock.now_ms(), wants: wantedBy(profile) });
  const values = stepValues(profile, station.fallback_mA);
  const plan = limitPlan(profile, station.step_mA);
  const limits: LimitContext | null = plan === null ? null : { profile, wire, clock, plan, values };
  const setpoint = createSetpointWatch();
  let energy: EnergyFilter = NO_ENERGY;
  let lastState: CanonicalState = "unknown";
  let hasCharged = false;
  let problem: string | null = null;

  const setUp = async (): Promise<ReadResult> => {
    const result = await runSteps(profile.control?.init ?? [], { profile, wire, clock, values, priority: "identity" });
    if (result.kind === "missed") return "missed";
    problem = result.refused.length > 0 ? result.refused.join("; ") : null;
    if (problem !== null) log.warn({ stationId, problem }, "station did not take its settings");
    return "answered";
  };

  const connected = async (): Promise<ReadResult> => {
    setpoint.forget();
    if ((await reader.read(new Set(["once", "fast"]))) === "missed") return "missed";
    return setUp();
  };

  const online = (): void => {
    const text = (what: string): string | null => {
      const value = reader.get(what)?.value ?? null;
      return value === null ? null : String(value);
    };
    log.info({ stationId }, "station online");
    const model = text("model") ?? (profile.models.length === 1 ? String(profile.models[0]) : null);
    emit({
      kind: "online", stationId, at_ms: clock.now_ms(), vendor: profile.vendor, model, serial: text("serial"), firmware: text("firmware"),
    });
  };

  const polled = async (): Promise<ReadResult> => {
    const state = canonicalState(profile, (what) => loop.fresh(what));
    // The register at the moment charging begins or ends is what the session is billed by.
    if (state !== lastState && reader.groups.has("energy") && (await reader.read(new Set(["energy"]))) === "missed") return "missed";
    lastState = state;
    if (state === "charging") hasCharged = true;
    if (state === "none") hasCharged = false;
    const read = reader.get("energy_import");
    if (typeof read?.value === "number" && read.at_ms !== energy.accepted_at_ms && read.at_ms !== energy.doubted_at_ms) {
      energy = nextEnergy(energy, { value_Wh: read.value, at_ms: read.at_ms, power_W_max: power_W_max(station) });
    }
    if (hasRestarted()) {
      log.warn({ stationId }, "station restarted: its setpoint is gone");
      setpoint.forget();
      if ((await setUp()) === "missed") return "missed";
      emit({ kind: "booted", stationId, at_ms: clock.now_ms() });
    }
    emit({ kind: "reading", stationId, reading: readingNow(state) });
    return heartbeat.beatIfDue();
  };

  const hasRestarted = (): boolean => {
    const limit = plan?.readBack?.kind === "setpoint" ? reader.get("current_limit") : null;
    return setpoint.isLost(limit, reader.get("energy_since_power_on"), (plan?.step_mA ?? 0) / 2);
  };

  const readingNow = (state: CanonicalState): StationReading => ({
    measured_at_ms: reader.get("state")?.at_ms ?? clock.now_ms(),
    ...statusOf(state, setpoint.told_mA === 0, hasCharged),
    ...electrical(loop, reader),
    energyRegister_Wh: energy.doubted_Wh === null && energy.accepted_Wh !== null && loop.fresh("energy_import") !== null ? wattHour(energy.accepted_Wh) : null,
    limit_mA: mA(loop.fresh("current_limit")),
    errorCode: state === "error" ? String(loop.fresh("error_code") ?? reader.get("state")?.value ?? "") || null : null,
  });

  const lost = (): void => {
    log.warn({ stationId }, "station offline");
    emit({ kind: "offline", stationId, at_ms: clock.now_ms() });
  };

  const write = createWriter(async (limit_mA: Milliamp): Promise<LimitReply> => {
    if (limits === null) return failure("not-supported", false, `profile ${profile.id} takes no current`);
    if (loop.liveness.kind === "offline") return failure("offline", true, "no answer from the station");
    const target_mA = offered(limits.plan, limit_mA);
    const lowers = setpoint.told_mA === null ? target_mA === 0 : target_mA < setpoint.told_mA;
    // Flash and controllers need rest between writes, but a limit that must fall does not wait.
    const rest_ms = setpoint.toldAt_ms + profile.limits.min_write_ms - clock.now_ms();
    if (!lowers && rest_ms > 0) await clock.sleep(rest_ms);
    const reply = await applyLimit(limits, target_mA, lowers ? "safety" : "limit-up");
    if (reply.ok) setpoint.tell(target_mA, clock.now_ms());
    else log.warn({ stationId, reply }, "limit not confirmed");
    return reply;
  });

  const heartbeat = createHeartbeat({ profile, wire, clock, values, limits, told_mA: () => setpoint.told_mA });
  const loop: DeviceLoop = startDeviceLoop({
    clock, wire, profile, reader, startAfter_ms: context.startAfter_ms, behaviour: { connected, online, polled, lost },
  });
  const health = (): DeviceHealth => ({
    id: stationId, kind: "station", profileId: profile.id, state: loop.liveness.kind, problem,
    max_read: reader.learned.max_read, missing: [...reader.learned.missing],
  });
  return { port: stationPort(stationId, write), health, stop: () => loop.stop() };
}

function stationPort(stationId: string, setLimit: (limit_mA: Milliamp) => Promise<LimitReply>): StationPort {
  const unsupported = (what: string): Promise<CommandReply> => Promise.resolve(failure("not-supported", false, `${what} is not possible over Modbus`));
  return {
    stationId,
    reportsTransactions: false,
    setLimit,
    // Such a box starts by itself as soon as it is offered current; the site decides when.
    start: () => Promise.resolve({ ok: true }),
    stop: async () => {
      const reply = await setLimit(milliamp(0));
      return reply.ok ? { ok: true } : reply;
    },
    unlock: () => unsupported("unlocking"),
    reset: () => unsupported("a reset"),
  };
}

/** One write at a time; of those that wait only the newest is carried out. */
function createWriter(perform: (limit_mA: Milliamp) => Promise<LimitReply>): (limit_mA: Milliamp) => Promise<LimitReply> {
  let waiting: { readonly limit_mA: Milliamp; readonly resolve: (reply: LimitReply) => void } | null = null;
  let working = false;
  const work = async (): Promise<void> => {
    if (working) return;
    working = true;
    while (waiting !== null) {
      const job: { readonly limit_mA: Milliamp; readonly resolve: (reply: LimitReply) => void } = waiting;
      waiting = null;
      job.resolve(await perform(job.limit_mA));
    }
    working = false;
  };
  return (limit_mA) =>
    new Promise((resolve) => {
      waiting?.resolve(failure("rejected", true, "replaced by a newer limit"));
      waiting = { limit_mA, resolve };
      void work();
    });
}

const power_W_max = (station: Station): number =>
  Math.max(station.current_mA_max / 1000, CURRENT_A_min_for_power) * VOLTAGE_V_max * 3;

/** Values a station needs; where it gives no total power, that of its phases. */
export function wantedBy(profile: DeviceProfile): (what: string) => boolean {
  const names = new Set(profile.registers.flatMap((register) => register.what));
  const second = new Set(Object.values(profile.enums?.state ?? {}).map((meaning) => meaning.connected_if?.what));
  return (what) => WANTED.test(what) || second.has(what) || (!names.has("power") && /^power_l[123]$/u.test(what));
}

const mA = (value: number | string | null): Milliamp | null => (typeof value === "number" ? milliamp(value) : null);

/** Currents, voltages and power as far as they are fresh; in the device's own phase order. */
export function electrical(
  loop: Pick<DeviceLoop, "fresh">,
  reader: Pick<RegisterReader, "has">,
): { current_mA: PerPhase<Milliamp | null>; voltage_mV: StationReading["voltage_mV"]; power_W: Watt | null } {
  const of = (what: string): number | null => {
    const value = loop.fresh(what);
    return typeof value === "number" ? value : null;
  };
  const phases = [of("power_l1"), of("power_l2"), of("power_l3")].filter((_, i) => reader.has(`power_l${String(i + 1)}`));
  const sum = phases.reduce<number | null>((total, one) => (total === null || one === null ? null : total + one), phases.length > 0 ? 0 : null);
  const power = reader.has("power") ? of("power") : sum;
  return {
    current_mA: perPhase((_, i) => mA(of(`current_l${String(i + 1)}`))),
    voltage_mV: perPhase((_, i) => {
      const value = of(`voltage_l${String(i + 1)}`);
      return value === null ? null : millivolt(value);
    }),
    power_W: power === null ? null : watt(power),
  };
}
