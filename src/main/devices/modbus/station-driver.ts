import {
  watt,
  wattHour,
  milliamp,
  millivolt,
  perPhase,
  type Milliamp,
  type PerPhase,
  type Watt,
} from "../../../core/units/index.ts";
import type { Station } from "../../../core/site/index.ts";
import type { Clock, CommandReply, DeviceListener, LimitReply, StationPort, StationReading } from "../ports.ts";
import { nextEnergy, NO_ENERGY, type CanonicalState, type DeviceProfile, type EnergyFilter } from "../profile/index.ts";
import { canonicalState, statusOf } from "./charging-state.ts";
import { startDeviceLoop, type DeviceLoop } from "./device-loop.ts";
import type { DeviceWire } from "./device-wire.ts";
import { createHeartbeat, type Heartbeat } from "./heartbeat.ts";
import { applyLimit, failure, limitPlan, offered, type LimitContext } from "./limit-control.ts";
import { runSteps, stepValues, type StepValues } from "./profile-steps.ts";
import { createRegisterReader, type ReadResult, type RegisterReader } from "./register-reader.ts";
import type { DeviceHealth, DeviceLog, RunningDevice } from "./running-device.ts";
import { createSetpointWatch } from "./setpoint-watch.ts";

/** Boxes of small sites: three phases of at least 32 A at 250 V. */
const CURRENT_A_min_for_power = 32;
const VOLTAGE_V_max = 250;

const WANTED =
  /^(?:state|(?:current|voltage)_l[123]|power|energy_import|energy_since_power_on|current_limit|error_code|serial|firmware|model)$/u;

export interface StationDriver extends RunningDevice {
  readonly port: StationPort;
}

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
export const startStationDriver = (context: Context): StationDriver => new Driver(context);

class Driver implements StationDriver {
  readonly port: StationPort;
  readonly #context: Context;
  readonly #reader: RegisterReader;
  readonly #values: StepValues;
  readonly #limits: LimitContext | null;
  readonly #setpoint = createSetpointWatch();
  readonly #heartbeat: Heartbeat;
  readonly #loop: DeviceLoop;
  #energy: EnergyFilter = NO_ENERGY;
  #lastState: CanonicalState = "unknown";
  #hasCharged = false;
  #problem: string | null = null;

  constructor(context: Context) {
    const { station, profile, wire, clock } = context;
    this.#context = context;
    this.#reader = createRegisterReader({ profile, wire, now_ms: () => clock.now_ms(), wants: wantedBy(profile) });
    this.#values = stepValues(profile, station.fallback_mA);
    const plan = limitPlan(profile, station.step_mA);
    this.#limits = plan === null ? null : { profile, wire, clock, plan, values: this.#values };
    const told_mA = (): number | null => this.#setpoint.told_mA;
    this.#heartbeat = createHeartbeat({ profile, wire, clock, values: this.#values, limits: this.#limits, told_mA });
    this.port = stationPort(
      station.id,
      createWriter((limit_mA) => this.#setLimit(limit_mA)),
    );
    this.#loop = startDeviceLoop({
      clock,
      wire,
      profile,
      reader: this.#reader,
      startAfter_ms: context.startAfter_ms,
      behaviour: {
        connected: () => this.#connected(),
        online: () => {
          this.#online();
        },
        polled: () => this.#polled(),
        lost: () => {
          context.log.warn({ stationId: station.id }, "station offline");
          context.emit({ kind: "offline", stationId: station.id, at_ms: clock.now_ms() });
        },
      },
    });
  }

  health(): DeviceHealth {
    const { learned } = this.#reader;
    return {
      id: this.#context.station.id,
      kind: "station",
      profileId: this.#context.profile.id,
      state: this.#loop.liveness.kind,
      problem: this.#problem,
      max_read: learned.max_read,
      missing: [...learned.missing],
    };
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #connected(): Promise<ReadResult> {
    this.#setpoint.forget();
    if ((await this.#reader.read(new Set(["once", "fast"]))) === "missed") return "missed";
    return this.#setUp();
  }

  async #setUp(): Promise<ReadResult> {
    const { profile, wire, clock, log, station } = this.#context;
    const steps = profile.control?.init ?? [];
    const result = await runSteps(steps, { profile, wire, clock, values: this.#values, priority: "identity" });
    if (result.kind === "missed") return "missed";
    this.#problem = result.refused.length > 0 ? result.refused.join("; ") : null;
    if (this.#problem !== null) {
      log.warn({ stationId: station.id, problem: this.#problem }, "station did not take its settings");
    }
    return "answered";
  }

  #online(): void {
    const { profile, station, clock, emit, log } = this.#context;
    const text = (what: string): string | null => {
      const value = this.#reader.get(what)?.value ?? null;
      return value === null ? null : String(value);
    };
    log.info({ stationId: station.id }, "station online");
    emit({
      kind: "online",
      stationId: station.id,
      at_ms: clock.now_ms(),
      vendor: profile.vendor,
      model: text("model") ?? (profile.models.length === 1 ? String(profile.models[0]) : null),
      serial: text("serial"),
      firmware: text("firmware"),
    });
  }

  async #polled(): Promise<ReadResult> {
    const { profile, station, clock, emit, log } = this.#context;
    const state = canonicalState(profile, (what) => this.#loop.fresh(what));
    // The register at the moment charging begins or ends is what the session is billed by.
    const changed = state !== this.#lastState && this.#reader.groups.has("energy");
    if (changed && (await this.#reader.read(new Set(["energy"]))) === "missed") return "missed";
    this.#lastState = state;
    if (state === "charging") this.#hasCharged = true;
    if (state === "none") this.#hasCharged = false;
    this.#takeEnergy();
    if (this.#hasRestarted()) {
      log.warn({ stationId: station.id }, "station restarted: its setpoint is gone");
      this.#setpoint.forget();
      if ((await this.#setUp()) === "missed") return "missed";
      emit({ kind: "booted", stationId: station.id, at_ms: clock.now_ms() });
    }
    emit({ kind: "reading", stationId: station.id, reading: this.#reading(state) });
    return this.#heartbeat.beatIfDue();
  }

  #takeEnergy(): void {
    const read = this.#reader.get("energy_import");
    if (typeof read?.value !== "number") return;
    if (read.at_ms === this.#energy.accepted_at_ms || read.at_ms === this.#energy.doubted_at_ms) return;
    const reading = { value_Wh: read.value, at_ms: read.at_ms, power_W_max: power_W_max(this.#context.station) };
    this.#energy = nextEnergy(this.#energy, reading);
  }

  #hasRestarted(): boolean {
    const plan = this.#limits?.plan;
    const limit = plan?.readBack?.kind === "setpoint" ? this.#reader.get("current_limit") : null;
    return this.#setpoint.isLost(limit, this.#reader.get("energy_since_power_on"), (plan?.step_mA ?? 0) / 2);
  }

  #reading(state: CanonicalState): StationReading {
    const { accepted_Wh, doubted_Wh } = this.#energy;
    const isKnown = doubted_Wh === null && this.#loop.fresh("energy_import") !== null;
    const error = this.#loop.fresh("error_code") ?? this.#reader.get("state")?.value ?? null;
    return {
      measured_at_ms: this.#reader.get("state")?.at_ms ?? this.#context.clock.now_ms(),
      ...statusOf(state, this.#setpoint.told_mA === 0, this.#hasCharged),
      ...electrical(this.#loop, this.#reader),
      energyRegister_Wh: isKnown && accepted_Wh !== null ? wattHour(accepted_Wh) : null,
      limit_mA: mA(this.#loop.fresh("current_limit")),
      errorCode: state === "error" && error !== null ? String(error) : null,
    };
  }

  async #setLimit(limit_mA: Milliamp): Promise<LimitReply> {
    const { profile, clock, log, station } = this.#context;
    if (this.#limits === null) return failure("not-supported", false, `profile ${profile.id} takes no current`);
    if (this.#loop.liveness.kind === "offline") return failure("offline", true, "no answer from the station");
    const target_mA = offered(this.#limits.plan, limit_mA);
    const { told_mA, toldAt_ms } = this.#setpoint;
    const lowers = told_mA === null ? target_mA === 0 : target_mA < told_mA;
    // Flash and controllers need rest between writes, but a limit that must fall does not wait.
    const rest_ms = toldAt_ms + profile.limits.min_write_ms - clock.now_ms();
    if (!lowers && rest_ms > 0) await clock.sleep(rest_ms);
    const reply = await applyLimit(this.#limits, target_mA, lowers ? "safety" : "limit-up");
    if (reply.ok) this.#setpoint.tell(target_mA, clock.now_ms());
    else log.warn({ stationId: station.id, reply }, "limit not confirmed");
    return reply;
  }
}

/** What a box can be told that starts by itself and knows nothing but its limit. */
export function stationPort(stationId: string, setLimit: (limit_mA: Milliamp) => Promise<LimitReply>): StationPort {
  const unsupported = (what: string): Promise<CommandReply> =>
    Promise.resolve(failure("not-supported", false, `${what} is not possible with this station`));
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
export function createWriter(
  perform: (limit_mA: Milliamp) => Promise<LimitReply>,
): (limit_mA: Milliamp) => Promise<LimitReply> {
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

/** The most that a station can draw, for doubting its register. */
export const power_W_max = (station: Station): number =>
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
  const phases = [of("power_l1"), of("power_l2"), of("power_l3")].filter((_, i) =>
    reader.has(`power_l${String(i + 1)}`),
  );
  const sum = phases.reduce<number | null>(
    (total, one) => (total === null || one === null ? null : total + one),
    phases.length > 0 ? 0 : null,
  );
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
