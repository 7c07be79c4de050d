import {
  energyOf,
  heldEnergy,
  nextEnergy,
  NO_ENERGY,
  withinRating,
  type EnergyRegister,
} from "../../../core/metering/index.ts";
import { wattHour, type Milliamp } from "../../../core/units/index.ts";
import type { Station } from "../../../core/site/index.ts";
import type { Clock, DeviceListener, FailSafe, LimitReply, StationPort, StationReading } from "../ports.ts";
import {
  canonicalState,
  registerKind,
  unsureControls,
  type CanonicalState,
  type DeviceProfile,
} from "../profile/index.ts";
import { createLifeSigns, type LifeSigns } from "../life-signs.ts";
import { createQuarantineBook, type QuarantineBook } from "../quarantine-book.ts";
import { stationRating } from "../station-rating.ts";
import { statusOf } from "./charging-state.ts";
import { createCommandLane } from "./command-lane.ts";
import { startDeviceLoop, type DeviceLoop } from "./device-loop.ts";
import type { DeviceWire } from "./device-wire.ts";
import { NOT_ASKED, setUpFailSafe } from "./fail-safe.ts";
import { createHeartbeat, type Heartbeat } from "./heartbeat.ts";
import { applyLimit, failure, type LimitContext } from "./limit-control.ts";
import { limitPlan, offered } from "./limit-plan.ts";
import { drawn_mA, electrical, mA, phasesInUse } from "./measured.ts";
import { createPhaseSwitch, type PhaseSwitch } from "./phase-switch.ts";
import { runSteps, stepValues, type StepValues } from "./profile-steps.ts";
import { createRegisterReader, type ReadResult, type RegisterReader } from "./register-reader.ts";
import type { DeviceHealth, DeviceLog, RunningDevice } from "./running-device.ts";
import { createSetpointWatch } from "./setpoint-watch.ts";
import { stationPort } from "./station-commands.ts";

/** A box that is told to recover from its error is told again after this long. */
const RECOVER_AGAIN_ms = 60_000;

/** A box that was too busy for its settings is told them again after these times of its being there, then no more. */
const BUSY_AGAIN_ms = [2_000, 5_000, 10_000, 30_000, 60_000] as const;

const WANTED =
  /^(?:state|(?:current|voltage)_l[123]|current|power|energy_import|energy_since_power_on|current_limit|enabled|error_code|serial|firmware|model)$/u;

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
  readonly #limits: LimitContext;
  readonly #setpoint = createSetpointWatch();
  readonly #signs: LifeSigns;
  readonly #heartbeat: Heartbeat;
  readonly #loop: DeviceLoop;
  readonly #phaseSwitch: PhaseSwitch;
  readonly #book: QuarantineBook;
  #energy: EnergyRegister = NO_ENERGY;
  #lastState: CanonicalState = "unknown";
  #hasCharged = false;
  /** Phases this car was seen to charge on; what the box is wired to until then. */
  #phases: 1 | 2 | 3;
  #problem: string | null = null;
  #failSafe: FailSafe = NOT_ASKED;
  #recovered_ms = -Infinity;
  #isTelling = false;
  /** When its settings are told again because it was busy, and how often that was so in a row. */
  #busy: { readonly due_ms: number; readonly times: number } | null = null;
  readonly #ended = new AbortController();
  #beating: Promise<void> | null = null;

  constructor(context: Context) {
    const { station, profile, wire, clock } = context;
    this.#context = context;
    this.#book = createQuarantineBook({ stationId: station.id }, context.log);
    this.#phases = station.phaseCount;
    this.#reader = createRegisterReader({ profile, wire, now_ms: () => clock.now_ms(), wants: WANTED });
    this.#values = stepValues(profile, station.fallback_mA);
    const told_mA = (): number | null => this.#setpoint.told_mA;
    this.#limits = this.#limitContext(told_mA);
    this.#signs = createLifeSigns({ stationId: station.id }, context.log);
    this.#heartbeat = createHeartbeat({
      profile,
      wire,
      clock,
      values: this.#values,
      limits: this.#limits,
      told_mA: () => this.#setpoint.repeatable_mA,
      isTelling: () => this.#isTelling,
      held_ms: () => this.#failSafe.timeout_ms,
      signs: this.#signs,
    });
    this.#phaseSwitch = createPhaseSwitch(profile, {
      limits: this.#limits,
      clock,
      told_mA,
      of: this.#limits.of,
      apply: (limit_mA) => this.#setLimit(limit_mA),
      measures: () => this.#reader.has("current_l1"),
      drawn_mA: () => drawn_mA(this.#loop),
    });
    this.port = stationPort({
      stationId: station.id,
      control: profile.control,
      unsure: unsureControls(profile),
      limits: this.#limits,
      lane: createCommandLane((limit_mA, replaced) => this.#setLimit(limit_mA, replaced)),
      phaseSwitch: this.#phaseSwitch,
      failSafe: () => this.#failSafe,
      isThere: () => this.#loop.liveness.kind !== "offline",
    });
    this.#loop = this.#startLoop();
  }

  #limitContext(told_mA: () => number | null): LimitContext {
    const { station, wire, clock } = this.#context;
    const of = (name: string): number | string | null => this.#reader.get(name)?.value ?? null;
    return {
      profile: () => this.#reader.profile,
      wire,
      clock,
      plan: () => limitPlan(this.#reader.profile, { step_mA: station.step_mA, phases: this.#phases, of }),
      values: this.#values,
      told_mA,
      phases: () => this.#phaseSwitch.phases,
      of,
    };
  }

  #startLoop(): DeviceLoop {
    const { station, profile, wire, clock, emit, log, startAfter_ms } = this.#context;
    return startDeviceLoop({
      clock,
      wire,
      profile,
      reader: this.#reader,
      startAfter_ms,
      behaviour: {
        connected: () => this.#connected(),
        online: () => {
          this.#online();
        },
        reconnected: () => this.#reconnected(),
        polled: () => this.#polled(),
        lost: () => {
          log.warn({ stationId: station.id }, "station offline");
          emit({ kind: "offline", stationId: station.id, at_ms: clock.now_ms() });
        },
      },
    });
  }

  health(): DeviceHealth {
    const { learned } = this.#reader;
    const { kind: state } = this.#loop.liveness;
    const untaken = state === "offline" ? null : this.#signs.trouble;
    return {
      id: this.#context.station.id,
      kind: "station",
      profileId: this.#context.profile.id,
      state,
      problem: this.#problem,
      ...(untaken === null ? {} : { untaken }),
      max_read: learned.max_read,
      quarantined: this.#book.count,
      missing: [...learned.missing],
      unsure: unsureControls(this.#context.profile),
    };
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await Promise.all([this.#loop.stop(), this.#beating]);
  }

  /** The sign of life has a conversation of its own: a slow poll, or one that fails, must not delay it. */
  #keepBeating(): void {
    if (this.#beating !== null || this.#ended.signal.aborted) return;
    this.#signs.forget();
    const isOver = (): boolean => this.#ended.signal.aborted || this.#loop.liveness.kind === "offline";
    this.#beating = this.#heartbeat.run(isOver, this.#ended.signal).finally(() => {
      this.#beating = null;
    });
  }

  async #connected(): Promise<ReadResult> {
    this.#setpoint.forget();
    this.#busy = null;
    if ((await this.#reader.meet()) === "missed") return "missed";
    if ((await this.#reader.read(new Set(["once", "fast"]))) === "missed") return "missed";
    await this.#reader.readStation();
    return this.#setUp();
  }

  /** A box without power for a moment loses its connection before it is missed, and its settings with it. */
  async #reconnected(): Promise<ReadResult> {
    const { station, clock, emit } = this.#context;
    if ((await this.#setUp()) === "missed") return "missed";
    // Where it shows its setpoint, that tells whether it lost it; else the site tells it anew.
    if (this.#limits.plan()?.readBack?.kind === "setpoint" || this.#setpoint.told_mA === null) return "answered";
    this.#setpoint.forget();
    emit({ kind: "booted", stationId: station.id, at_ms: clock.now_ms() });
    return "answered";
  }

  async #setUp(): Promise<ReadResult> {
    const { profile, wire, clock, log, station } = this.#context;
    const steps = profile.control?.init ?? [];
    const { of, values } = this.#limits;
    const result = await runSteps(steps, { profile, wire, clock, values, priority: "identity", of });
    if (result.kind === "missed") return "missed";
    // Bits that were set may have changed what the box's numbers mean.
    const hasSetBits = steps.some((step) => step.write?.set_bits !== undefined);
    if (hasSetBits && (await this.#reader.meet()) === "missed") return "missed";
    const get = (what: string): number | null => {
      const value = this.#reader.get(what)?.value;
      return typeof value === "number" ? value : null;
    };
    const { phaseCount: phases } = station;
    const guard = await setUpFailSafe({ profile: this.#reader.profile, wire, values, phases, get });
    if ("ok" in guard) return "missed";
    this.#failSafe = guard.failSafe;
    const times = this.#busy?.times ?? 0;
    const again_ms = result.wasBusy || guard.wasBusy ? BUSY_AGAIN_ms[times] : undefined;
    this.#busy = again_ms === undefined ? null : { due_ms: clock.now_ms() + again_ms, times: times + 1 };
    const refused = [...result.refused, ...guard.refused];
    this.#problem = refused.length > 0 ? refused.join("; ") : null;
    if (this.#problem !== null) {
      log.warn({ stationId: station.id, problem: this.#problem }, "station did not take its settings");
    }
    if (guard.failSafe.kind === "unsafe") {
      log.warn({ stationId: station.id, failSafe: guard.failSafe }, "station would offer more when it hears nothing");
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
    if (this.#reader.profile.word_order !== profile.word_order)
      log.warn(
        { stationId: station.id, wordOrder: this.#reader.profile.word_order },
        "word order is not the document's",
      );
    this.#keepBeating();
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
    // One that is not believed yet is looked at again at once.
    const { accepted_Wh, doubted_Wh } = this.#energy;
    const asks = state !== this.#lastState || (accepted_Wh === null && doubted_Wh !== null);
    if (asks && this.#reader.groups.has("energy") && (await this.#reader.read(new Set(["energy"]))) === "missed")
      return "missed";
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
    if (this.#busy !== null && clock.now_ms() >= this.#busy.due_ms && (await this.#setUp()) === "missed")
      return "missed";
    emit({ kind: "reading", stationId: station.id, reading: this.#reading(state) });
    this.#followPhases(state);
    return this.#recover(state);
  }

  /** A box told in watts must be told anew when the car turns out to charge on other phases than assumed. */
  #followPhases(state: CanonicalState): void {
    const { station, log } = this.#context;
    const before = this.#phases;
    if (state === "none") this.#phases = station.phaseCount;
    if (state === "charging") this.#phases = phasesInUse(this.#loop) ?? this.#phases;
    const told_mA = mA(this.#setpoint.told_mA);
    const takesWatts = this.#limits.plan()?.watts_per_A !== null;
    if (this.#phases === before || told_mA === null || told_mA === 0 || !takesWatts) return;
    // Polling goes on meanwhile: a phase switch under way waits for its readings.
    this.port.setLimit(told_mA).catch((error: unknown) => {
      log.warn({ stationId: station.id, error }, "limit could not be told again");
    });
  }

  async #recover(state: CanonicalState): Promise<ReadResult> {
    const { profile, wire, clock } = this.#context;
    const steps = profile.control?.recover_error;
    if (steps === undefined || state !== "error" || clock.now_ms() - this.#recovered_ms < RECOVER_AGAIN_ms)
      return "answered";
    this.#recovered_ms = clock.now_ms();
    this.#setpoint.forget();
    const { of, values } = this.#limits;
    const result = await runSteps(steps, { profile, wire, clock, values, priority: "heartbeat", of });
    return result.kind === "missed" ? "missed" : "answered";
  }

  #takeEnergy(): void {
    const read = this.#reader.get("energy_import");
    if (typeof read?.value !== "number") return;
    if (read.at_ms === this.#energy.accepted_at_ms || read.at_ms === this.#energy.doubted_at_ms) return;
    const { power_W_max } = stationRating(this.#context.station);
    const reading = { value_Wh: read.value, at_ms: read.at_ms, power_W_max, isBilled: true };
    this.#energy = nextEnergy(this.#energy, reading);
  }

  #hasRestarted(): boolean {
    const plan = this.#limits.plan();
    // A box switched off by its enable register keeps its setpoint.
    const isShown = plan?.readBack?.kind === "setpoint" && (this.#setpoint.told_mA ?? 0) > 0;
    const limit = isShown ? this.#reader.get("current_limit") : null;
    return this.#setpoint.isLost(limit, this.#reader.get("energy_since_power_on"), (plan?.step_mA ?? 0) / 2);
  }

  #reading(state: CanonicalState): StationReading {
    const { station, profile, clock } = this.#context;
    const register_Wh = this.#loop.fresh("energy_import") === null ? null : energyOf(this.#energy);
    const error = this.#loop.fresh("error_code") ?? this.#reader.get("state")?.value ?? null;
    const shown = electrical(this.#loop, this.#reader);
    const { measured, quarantined } = withinRating(shown, stationRating(station), clock.now_ms());
    const held = heldEnergy("energy_import", this.#energy);
    const doubts = this.#book.note([...(held === null ? [] : [held]), ...this.#reader.doubts, ...quarantined]);
    const notForBilling = registerKind(profile);
    return {
      measured_at_ms: this.#reader.get("state")?.at_ms ?? clock.now_ms(),
      ...statusOf(state, this.#setpoint.told_mA === 0, this.#hasCharged),
      ...measured,
      energyRegister_Wh: register_Wh === null ? null : wattHour(register_Wh),
      limit_mA: mA(this.#loop.fresh("current_limit")),
      errorCode: state === "error" && error !== null ? String(error) : null,
      ...(notForBilling === null ? {} : { notForBilling }),
      ...(doubts.length === 0 ? {} : { quarantined: doubts }),
    };
  }

  async #setLimit(limit_mA: Milliamp, replaced?: AbortSignal): Promise<LimitReply> {
    const { profile, clock, log, station } = this.#context;
    const plan = this.#limits.plan();
    if (plan === null) return failure("not-supported", false, `profile ${profile.id} takes no limit`);
    if (this.#loop.liveness.kind === "offline") return failure("offline", true, "no answer from the station");
    const target_mA = offered(plan, limit_mA);
    const { told_mA, toldAt_ms } = this.#setpoint;
    const lowers = told_mA === null ? target_mA === 0 : target_mA < told_mA;
    // Flash and controllers need rest between writes, but a limit that must fall does not wait.
    const rest_ms = toldAt_ms + profile.limits.min_write_ms - clock.now_ms();
    if (!lowers && rest_ms > 0) await clock.sleep(rest_ms, replaced);
    if (replaced?.aborted === true) return failure("rejected", true, "replaced by a newer limit");
    this.#setpoint.attempt(target_mA);
    this.#isTelling = true;
    const reply = await applyLimit(this.#limits, target_mA, lowers ? "safety" : "limit-up").finally(() => {
      this.#isTelling = false;
    });
    if (reply.ok) this.#setpoint.tell(target_mA, clock.now_ms());
    else log.warn({ stationId: station.id, reply }, "limit not confirmed");
    return reply;
  }
}
