import type { HttpTrouble } from "../../../contract/index.ts";
import type { Station } from "../../../core/site/index.ts";
import { energyOf, heldEnergy, nextEnergy, NO_ENERGY, withinRating } from "../../../core/metering/index.ts";
import { milliamp, wattHour, type Milliamp } from "../../../core/units/index.ts";
import { createLifeSigns, type LifeSigns } from "../life-signs.ts";
import { statusOf } from "../modbus/charging-state.ts";
import { createCommandLane } from "../modbus/command-lane.ts";
import type { DeviceLog } from "../modbus/running-device.ts";
import { createSetpointWatch } from "../modbus/setpoint-watch.ts";
import type { Clock, CommandFailure, CommandReply, DeviceListener, LimitReply, StationPort } from "../ports.ts";
import { canonicalState, registerKind, type CanonicalState } from "../profile/index.ts";
import { createQuarantineBook, type QuarantineBook } from "../quarantine-book.ts";
import { stationRating } from "../station-rating.ts";
import { failed, limitPort } from "./limit-port.ts";
import type { NetworkDeviceHealth, RunningNetworkDevice } from "./network-health.ts";
import { createPhaseChoreography } from "./phase-choreography.ts";
import { startPollLoop, type PollAnswer, type PollLoop } from "./poll-loop.ts";
import type { StationTalk } from "./station-talk.ts";
import { electricalOf, registerOf, textOf, type Values } from "./values.ts";

/** A box is looked at this far apart after it was told a limit (time of the app's clock), … */
const READ_BACK_PAUSE_ms = 500;
/** … and a car may take some seconds to stop drawing. */
const READ_BACKS_max = 12;
/** One telling and one more, then the box does not follow. */
const TELLINGS_max = 2;
const NOTHING: Values = new Map();

export interface NetworkStation extends RunningNetworkDevice {
  readonly port: StationPort;
}

type Context = {
  readonly station: Station;
  readonly linkId: string;
  readonly talk: StationTalk;
  readonly clock: Clock;
  readonly emit: DeviceListener;
  readonly log: DeviceLog;
  readonly startAfter_ms: number;
};

/** Runs one box over what it speaks: polls it, emits its readings, and takes limits through the returned port. */
export const startNetworkStation = (context: Context): NetworkStation => new Driver(context);

class Driver implements NetworkStation {
  readonly port: StationPort;
  readonly #context: Context;
  readonly #setpoint = createSetpointWatch();
  readonly #loop: PollLoop;
  readonly #book: QuarantineBook;
  readonly #signs: LifeSigns;
  #values: Values = NOTHING;
  #energy = NO_ENERGY;
  #hasCharged = false;
  #beatAt_ms = -Infinity;
  /** A sign of life may repeat the last limit, so it and a new limit are never said at the same time. */
  #beating: Promise<CommandFailure | null> = Promise.resolve(null);
  #isTelling = false;
  #problem: string | null = null;
  #trouble: HttpTrouble | null = null;

  constructor(context: Context) {
    const { station, talk, clock, emit, log } = context;
    this.#context = context;
    this.#book = createQuarantineBook({ stationId: station.id }, log);
    this.#signs = createLifeSigns({ stationId: station.id }, log);
    this.port = this.#createPort();
    this.#loop = startPollLoop({
      clock,
      period_ms: talk.period_ms,
      timeout_ms: talk.timeout_ms,
      startAfter_ms: context.startAfter_ms,
      behaviour: {
        find: () => this.#find(),
        online: () => {
          this.#online();
        },
        poll: () => this.#poll(),
        lost: () => {
          log.warn({ stationId: station.id, problem: this.#problem, trouble: this.#trouble }, "station offline");
          emit({ kind: "offline", stationId: station.id, at_ms: clock.now_ms() });
        },
      },
    });
  }

  #createPort(): StationPort {
    const { station, talk, clock } = this.#context;
    const { phases, wakeUp } = talk;
    const lane = createCommandLane((limit_mA, replaced) => this.#setLimit(limit_mA, replaced));
    const thenTold = (act: () => Promise<CommandReply>): Promise<CommandReply> =>
      lane.run(() =>
        this.#loop.liveness.kind === "offline"
          ? Promise.resolve(failed("offline", true, "no answer from the station"))
          : act(),
      );
    const switchTo =
      phases === null
        ? null
        : createPhaseChoreography({
            talk: phases,
            clock,
            look: async () => ((await this.#read(true)) === "missed" ? null : this.#values),
            told_mA: () => this.#setpoint.told_mA,
            apply: (limit_mA) => this.#setLimit(limit_mA),
          });
    return {
      ...limitPort(station.id, (limit_mA) => lane.setLimit(limit_mA)),
      failSafe: () => talk.failSafe(this.#values),
      ...(switchTo === null ? {} : { switchPhases: (count: 1 | 3) => thenTold(() => switchTo(count)) }),
      ...(wakeUp === null ? {} : { wakeUp: () => thenTold(async () => (await wakeUp()) ?? { ok: true }) }),
    };
  }

  health(): NetworkDeviceHealth {
    const { station, linkId, talk } = this.#context;
    const { kind: state } = this.#loop.liveness;
    const untaken = state === "offline" ? null : this.#signs.trouble;
    return {
      id: station.id,
      kind: "station",
      profileId: talk.profile.id,
      linkId,
      state,
      ...talk.counters,
      ...(untaken === null ? {} : { untaken }),
      quarantined: this.#book.count,
      problem: this.#problem,
      ...(this.#trouble === null ? {} : { trouble: this.#trouble }),
      unsure: talk.unsure ?? [],
    };
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #find(): Promise<PollAnswer> {
    this.#setpoint.forget();
    this.#beatAt_ms = -Infinity;
    this.#signs.forget();
    return (await this.#read(true)) === "missed" ? "missed" : this.#setUp();
  }

  async #read(fresh: boolean): Promise<PollAnswer> {
    const outcome = await this.#context.talk.read(fresh);
    if (outcome.kind === "missed") {
      this.#problem = outcome.detail;
      this.#trouble = outcome.trouble ?? null;
      return "missed";
    }
    this.#trouble = null;
    this.#values = outcome.values;
    return "answered";
  }

  async #setUp(): Promise<PollAnswer> {
    const { station, talk, log } = this.#context;
    const result = await talk.setUp();
    if (result.kind === "missed") return "missed";
    this.#problem = result.refused.length === 0 ? null : result.refused.join("; ");
    if (this.#problem !== null)
      log.warn({ stationId: station.id, problem: this.#problem }, "station did not take its settings");
    return "answered";
  }

  #online(): void {
    const { station, talk, clock, emit, log } = this.#context;
    const { vendor, models } = talk.profile;
    log.info({ stationId: station.id }, "station online");
    emit({
      kind: "online",
      stationId: station.id,
      at_ms: clock.now_ms(),
      vendor,
      model: textOf(this.#values, "model") ?? (models.length === 1 ? String(models[0]) : null),
      serial: textOf(this.#values, "serial"),
      firmware: textOf(this.#values, "firmware"),
    });
  }

  async #poll(): Promise<PollAnswer> {
    const { station, talk, clock, emit, log } = this.#context;
    if ((await this.#read(false)) === "missed") return "missed";
    const at_ms = clock.now_ms();
    const state = this.#state();
    if (state === "charging") this.#hasCharged = true;
    if (state === "none") this.#hasCharged = false;
    const value_Wh = registerOf(this.#values, "energy_import");
    this.#energy = nextEnergy(this.#energy, {
      value_Wh,
      at_ms,
      power_W_max: stationRating(station).power_W_max,
      isBilled: true,
    });
    if (this.#hasLostSetpoint(at_ms)) {
      log.warn({ stationId: station.id }, "station holds another limit than it was told");
      this.#setpoint.forget();
      if ((await this.#setUp()) === "missed") return "missed";
      emit({ kind: "booted", stationId: station.id, at_ms });
    }
    this.#emitReading(state, value_Wh !== null);
    await this.#beatIfDue(talk, at_ms);
    return "answered";
  }

  /** A box that was read is there, whatever it makes of our sign of life. */
  async #beatIfDue({ heartbeat }: StationTalk, at_ms: number): Promise<void> {
    if (heartbeat === null || this.#isTelling || at_ms - this.#beatAt_ms < heartbeat.period_ms) return;
    const { repeatable_mA } = this.#setpoint;
    this.#beating = heartbeat.beat(repeatable_mA === null ? null : milliamp(repeatable_mA));
    const untaken = await this.#beating;
    if (untaken === null) this.#signs.taken();
    else this.#signs.untaken(untaken.retry ? "" : untaken.detail);
    // One that is refused is not sent more often for that.
    if (untaken?.retry !== true) this.#beatAt_ms = at_ms;
  }

  #state(): CanonicalState {
    return canonicalState(this.#context.talk.profile, (what) => this.#values.get(what) ?? null);
  }

  #emitReading(state: CanonicalState, hasRegister: boolean): void {
    const { station, talk, clock, emit } = this.#context;
    const at_ms = clock.now_ms();
    const register_Wh = hasRegister ? energyOf(this.#energy) : null;
    const { measured, quarantined } = withinRating(electricalOf(this.#values), stationRating(station), at_ms);
    const held = hasRegister ? heldEnergy("energy_import", this.#energy) : null;
    const doubts = this.#book.note([
      ...(held === null ? [] : [held]),
      ...(this.#values.doubts ?? []).map((doubt) => ({ ...doubt, at_ms })),
      ...quarantined,
    ]);
    const notForBilling = registerKind(talk.profile);
    const error = textOf(this.#values, "error_code") ?? textOf(this.#values, "state");
    const limit_mA = registerOf(this.#values, "current_limit");
    emit({
      kind: "reading",
      stationId: station.id,
      reading: {
        measured_at_ms: at_ms,
        ...statusOf(state, this.#setpoint.told_mA === 0, this.#hasCharged),
        ...measured,
        energyRegister_Wh: register_Wh === null ? null : wattHour(register_Wh),
        limit_mA: limit_mA === null ? null : milliamp(limit_mA),
        errorCode: state === "error" ? error : null,
        ...(notForBilling === null ? {} : { notForBilling }),
        ...(doubts.length === 0 ? {} : { quarantined: doubts }),
      },
    });
  }

  /** Somebody else, or a restart, changed what the box holds. */
  #hasLostSetpoint(at_ms: number): boolean {
    const { told_mA } = this.#setpoint;
    const held_mA = heldLimit_mA(this.#values);
    // While it is paused a box may keep the number it resumes with.
    const compares = told_mA !== null && held_mA !== null && (told_mA > 0 || isSwitchedOff(this.#values) !== null);
    const value = compares ? { value: held_mA, at_ms: this.#context.clock.now_ms(), group: "normal" as const } : null;
    const tolerance_mA = (this.#context.talk.limits?.step_mA ?? 0) / 2;
    return at_ms > this.#setpoint.toldAt_ms && this.#setpoint.isLost(value, null, tolerance_mA);
  }

  async #setLimit(limit_mA: Milliamp, replaced?: AbortSignal): Promise<LimitReply> {
    const { station, talk, clock, log } = this.#context;
    const { limits, profile } = talk;
    if (limits === null) return failed("not-supported", false, `profile ${profile.id} takes no current`);
    if (this.#loop.liveness.kind === "offline") return failed("offline", true, "no answer from the station");
    const capped_mA = Math.min(limit_mA, limits.max_mA);
    const stepped_mA = Math.floor(capped_mA / limits.step_mA + 1e-6) * limits.step_mA;
    // IEC 61851-1 A.4: below the minimum means pause.
    const target_mA = milliamp(stepped_mA < limits.min_mA ? 0 : stepped_mA);
    const { told_mA, toldAt_ms } = this.#setpoint;
    const lowers = told_mA === null ? target_mA === 0 : target_mA < told_mA;
    const rest_ms = toldAt_ms + profile.limits.min_write_ms - clock.now_ms();
    if (!lowers && rest_ms > 0) await clock.sleep(rest_ms, replaced);
    if (replaced?.aborted === true) return failed("rejected", true, "replaced by a newer limit");
    const resumes = told_mA === null || told_mA === 0;
    this.#setpoint.attempt(target_mA);
    this.#isTelling = true;
    const reply = await this.#beating
      .then(() => this.#tellUntilFollowed(target_mA, (again) => limits.tell(target_mA, again || resumes)))
      .finally(() => {
        this.#isTelling = false;
      });
    if (reply.ok) this.#setpoint.tell(target_mA, clock.now_ms());
    else log.warn({ stationId: station.id, reply }, "limit not confirmed");
    return reply;
  }

  async #tellUntilFollowed(
    target_mA: Milliamp,
    tell: (again: boolean) => Promise<CommandFailure | null>,
  ): Promise<LimitReply> {
    const { talk, clock } = this.#context;
    for (let told = 0; told < TELLINGS_max; told += 1) {
      const refused = await tell(told > 0);
      if (refused !== null) return refused;
      for (let looked = 0; looked < READ_BACKS_max; looked += 1) {
        if (looked > 0) await clock.sleep(READ_BACK_PAUSE_ms);
        const outcome = await talk.read(true);
        if (outcome.kind === "missed") return failed("timeout", true, outcome.detail);
        this.#values = outcome.values;
        if (this.#follows(target_mA, (talk.limits?.step_mA ?? 0) / 2)) return { ok: true, confirmed_mA: target_mA };
      }
    }
    const held_mA = heldLimit_mA(this.#values);
    const holds = held_mA === null ? `is ${this.#state()}` : `holds ${String(held_mA)} mA`;
    return failed("not-followed", true, `told ${String(target_mA)} mA, ${holds}`);
  }

  /** As far as the box shows it; a box that shows nothing is believed. */
  #follows(target_mA: number, tolerance_mA: number): boolean {
    const isOff = isSwitchedOff(this.#values);
    if (target_mA === 0) return isOff ?? this.#state() !== "charging";
    if (isOff === true) return false;
    const held_mA = heldLimit_mA(this.#values);
    return held_mA === null || Math.abs(held_mA - target_mA) <= tolerance_mA;
  }
}

/** Whether the box says that it is switched off; `null` when it does not say. */
function isSwitchedOff(values: Values): boolean | null {
  const enabled = values.get("enabled");
  return typeof enabled === "number" ? enabled === 0 : null;
}

function heldLimit_mA(values: Values): number | null {
  return isSwitchedOff(values) === true ? 0 : registerOf(values, "current_limit");
}
