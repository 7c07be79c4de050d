import { milliamp } from "../../../core/units/index.ts";
import type { LifeSigns } from "../life-signs.ts";
import type { Clock, LimitReply } from "../ports.ts";
import type { DeviceProfile } from "../profile/index.ts";
import { writeRequest, type DeviceWire } from "./device-wire.ts";
import { applyLimit, type LimitContext } from "./limit-control.ts";
import { stepNumber, type StepValues } from "./profile-steps.ts";
import type { ReadResult } from "./register-reader.ts";

/** A setpoint is repeated at least this often where the box forgets it. */
const REWRITE_ms_max = 30_000;
const DIVISOR = { "timeout/2": 2, "timeout/3": 3, "timeout/4": 4 } as const;
/** A beat goes out after this part of its period, so that waiting for its turn on the line does not stretch the period. */
const EARLY = 0.8;
/** A beat that was not answered is tried again after this part of its period … */
const AGAIN = 0.1;
/** … but not sooner than this, in time of the app's clock. */
const AGAIN_ms_min = 200;

export interface Heartbeat {
  /** Feeds the box's watchdog when it is time; boxes content with any request need nothing. */
  beatIfDue(): Promise<ReadResult>;
  /** Time of the app's clock until it is time; `null` when it never is. */
  dueIn_ms(): number | null;
  /** Beats when it is time, however long the box's other conversations take, until `isOver`. Ends at once where no beat is needed. */
  run(isOver: () => boolean, signal: AbortSignal): Promise<void>;
}

export type HeartbeatOptions = {
  readonly profile: DeviceProfile;
  readonly wire: Pick<DeviceWire, "ask"> & Partial<Pick<DeviceWire, "expectWithin">>;
  readonly clock: Clock;
  readonly values: StepValues;
  readonly limits: LimitContext | null;
  /** The limit to repeat where repeating it is the sign of life. */
  readonly told_mA: () => number | null;
  /** A limit is being told to the box: a sign of life by itself, and nothing older may be said after it. */
  readonly isTelling?: () => boolean;
  /** The time the box shows it waits, where it shows one. */
  readonly held_ms?: () => number | null;
  /** Is told which of them the box took. */
  readonly signs?: Pick<LifeSigns, "taken" | "untaken">;
};

/** `void`: there was nothing to say, or it was no longer wanted. */
type Beaten = { readonly result: ReadResult; readonly how: "void" | "taken" | { readonly untaken: string } };
const VOID: Beaten = { result: "answered", how: "void" };

/** The write by which this box knows that we are still there; without it the box falls back to its own limit. */
export function createHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { profile, clock, values } = options;
  const period_ms = (): number | null => heartbeatPeriod_ms(profile, values, options.held_ms?.() ?? null);
  let last_ms = -Infinity;
  const dueIn_ms = (): number | null => {
    const period = period_ms();
    return period === null ? null : Math.max(0, last_ms + EARLY * period - clock.now_ms());
  };
  const beatIfDue = async (): Promise<ReadResult> => {
    if (dueIn_ms() !== 0) return "answered";
    const sent_ms = clock.now_ms();
    const { result, how } = await beat(options);
    if (how === "taken") options.signs?.taken();
    else if (how !== "void") options.signs?.untaken(how.untaken);
    // One that is refused is not sent more often for that.
    if (result === "answered") last_ms = sent_ms;
    const period = period_ms();
    const isHeard = result === "answered" && how !== "void" && period !== null;
    if (isHeard) options.wire.expectWithin?.(clock.real_ms(sent_ms + period - clock.now_ms()));
    return result;
  };
  return {
    beatIfDue,
    dueIn_ms,
    async run(isOver, signal) {
      for (let due_ms = dueIn_ms(); due_ms !== null && !isOver(); due_ms = dueIn_ms()) {
        if (due_ms > 0) await clock.sleep(due_ms, signal);
        else if ((await beatIfDue()) === "missed")
          await clock.sleep(Math.max(AGAIN_ms_min, AGAIN * (period_ms() ?? 0)), signal);
      }
    },
  };
}

/** Time between heartbeats, in time of the app's clock; `null` when none is needed. `held_ms`: what the box itself shows. */
export function heartbeatPeriod_ms(
  profile: DeviceProfile,
  values: StepValues,
  held_ms: number | null = null,
): number | null {
  const { failsafe } = profile;
  if (failsafe === undefined || (failsafe.feed !== "rewrite_setpoint" && failsafe.feed !== "heartbeat_write"))
    return null;
  const { every_s, every } = failsafe.heartbeat ?? {};
  // A box that kept a shorter time than it was told falls back by its own.
  const shown_ms = held_ms === null || held_ms <= 0 ? Infinity : held_ms;
  const share = DIVISOR[every ?? "timeout/3"];
  if (every_s !== undefined) return Math.min(every_s * 1_000, shown_ms / share);
  return Math.min(Math.min(values.timeout_s * 1_000, shown_ms) / share, REWRITE_ms_max);
}

async function beat({ profile, wire, values, limits, ...options }: HeartbeatOptions): Promise<Beaten> {
  if (profile.failsafe?.feed === "rewrite_setpoint") {
    const repeated_mA = options.told_mA();
    const isTelling = (): boolean => options.isTelling?.() === true;
    if (limits === null || repeated_mA === null || isTelling()) return VOID;
    // Between this decision and its turn on the line a lower limit may have been told: then this one is void.
    const isWanted = (): boolean => !isTelling() && options.told_mA() === repeated_mA;
    const guarded: LimitContext = {
      ...limits,
      wire: { ask: (request, priority, unitId) => wire.ask(request, priority, unitId, isWanted) },
    };
    const reply = await applyLimit(guarded, milliamp(repeated_mA), "heartbeat");
    return isWanted() ? repeated(reply) : VOID;
  }
  const { fc, address, type = "u16", value } = profile.failsafe?.heartbeat ?? {};
  const number = stepNumber(value, values);
  if (fc === undefined || address === undefined || number === null) return VOID;
  const reply = await wire.ask(writeRequest(profile, { fc, address, type }, number), "heartbeat");
  if (reply.ok) return { result: "answered", how: "taken" };
  if (reply.code === "exception")
    return { result: "answered", how: { untaken: `exception ${String(reply.exception)}` } };
  // What never reached the line says nothing about the box.
  const reachedIt = reply.code === "timeout" || reply.code === "garbled";
  return { result: "missed", how: reachedIt ? { untaken: "" } : "void" };
}

/** What became of a setpoint that was said again. */
function repeated(reply: LimitReply): Beaten {
  if (reply.ok) return { result: "answered", how: "taken" };
  switch (reply.code) {
    case "offline":
      return { result: "missed", how: "void" };
    case "timeout":
      return { result: "missed", how: { untaken: "" } };
    case "rejected":
    case "not-followed":
    case "not-supported":
    case "invalid":
      return { result: "answered", how: { untaken: reply.detail } };
  }
}
