import { assert, epochMs, type EpochMs, type Milliamp } from "../../../core/units/index.ts";
import type { Station } from "../../../core/site/index.ts";
import {
  rateLimit,
  setChargingProfile,
  START_BEFORE_NOW_S,
  type ProfileParts,
  type ProfilePurpose,
  type RateUnit,
} from "../../protocol/ocpp/index.ts";
import type { Clock, CommandReply, LimitReply } from "../ports.ts";
import { PRIORITY, type Call, type CallLane, type Priority, type Queued } from "./call-lane.ts";
import type { LogEntry } from "./ocpp-host.ts";
import { commandReply, failure } from "./replies.ts";

/** A setpoint holds 120 s in the box; it is sent again well before. Times of the site's clock. */
const RENEW_MS = 40_000;
const RENEW_RETRY_MS = 10_000;
/** Callers that wait for one queued setpoint. */
const WAITERS_MAX = 32;
const STACK_LEVEL = 1;

/** What the box said it can do; `null`: it did not say. */
export type Capabilities = { readonly unit: RateUnit | null; readonly stackLevelMax: number | null };

export type LimiterContext = {
  readonly station: Station;
  readonly connectorId: number;
  readonly clock: Clock;
  readonly lane: CallLane;
  readonly log: (entry: LogEntry) => void;
  readonly capabilities: () => Capabilities;
  readonly runningTransaction: () => number | null;
  /** Whether connector 0 of the box means this station alone. */
  readonly isAlone: () => boolean;
};

/** Keeps one EVSE at its setpoint, such that it returns to its fallback by itself when we fall silent. */
export interface Limiter {
  /** The newest setpoint wins; see `StationPort.setLimit`. */
  set(current_mA: Milliamp): Promise<LimitReply>;
  /** Writes the fallback into the box unless it is known to be there. */
  storeFallback(priority: Priority): Promise<void>;
  /** The box restarted or reconnected: nothing about it is known. */
  forget(): void;
  /** The box has dropped what belongs to its transaction. */
  transactionEnded(): void;
  /** Renews the setpoint until `signal` aborts. */
  keep(signal: AbortSignal): Promise<void>;
}

type Waiter = { readonly asked_mA: Milliamp; readonly resolve: (reply: LimitReply) => void };
type Slot = { current_mA: Milliamp; readonly waiters: Waiter[]; job: Queued<void> | null };
type Known = {
  confirmed_mA: Milliamp | null;
  confirmedAt_ms: EpochMs;
  purpose: ProfilePurpose | null;
  fallback: "unknown" | "kept" | "refused";
};

const NOTHING_KNOWN: Known = { confirmed_mA: null, confirmedAt_ms: epochMs(0), purpose: null, fallback: "unknown" };

export function createLimiter(context: LimiterContext): Limiter {
  const { station, clock, lane, log } = context;
  let known: Known = { ...NOTHING_KNOWN };
  let slot: Slot | null = null;

  const priorityOf = (current_mA: Milliamp): Priority =>
    known.confirmed_mA === null || current_mA <= known.confirmed_mA ? PRIORITY.decrease : PRIORITY.increase;

  const storeFallback = async (call: Call): Promise<void> => {
    if (known.fallback !== "unknown") return;
    const about = known;
    const reply = await send(context, call, {
      purpose: "TxDefaultProfile",
      stackLevel: 0,
      current_mA: station.fallback_mA,
      then: "forever",
      which: "fallback",
    });
    if (reply.ok) about.fallback = "kept";
    else if (reply.code === "rejected" || reply.code === "not-supported") {
      about.fallback = "refused";
      log({
        level: "warn",
        message: "the station does not keep a fallback current",
        data: { stationId: station.id, detail: reply.detail },
      });
    }
  };

  const apply = async (call: Call, current_mA: Milliamp): Promise<LimitReply> => {
    const about = known;
    await storeFallback(call);
    let last: LimitReply = failure("not-supported", "no charging profile fits");
    for (const purpose of purposesFor(context, about.purpose)) {
      const { confirmed_mA } = rateLimit(current_mA, "A", station.phaseCount);
      const reply = await send(context, call, {
        ...shapeFor(context, about, purpose),
        purpose,
        current_mA,
        which: "setpoint",
      });
      if (reply.ok) {
        Object.assign(about, { confirmed_mA, confirmedAt_ms: clock.now_ms(), purpose });
        return { ok: true, confirmed_mA };
      }
      last = reply;
      if (reply.code !== "rejected" && reply.code !== "not-supported") break;
    }
    assert(!last.ok, "a setpoint that was taken has been returned");
    // What the box does now is not certain, or is more than it should: let it run out into the fallback.
    const isCertain = last.code === "rejected" || last.code === "not-supported";
    if (!isCertain || (about.confirmed_mA !== null && current_mA < about.confirmed_mA)) about.confirmed_mA = null;
    return last;
  };

  const runSlot = async (call: Call): Promise<void> => {
    const mine = slot;
    slot = null;
    if (mine === null) return;
    const reply = await apply(call, mine.current_mA);
    for (const waiter of mine.waiters) waiter.resolve(replyFor(waiter, reply));
  };

  return {
    set(current_mA) {
      if (current_mA < 0 || current_mA > station.current_mA_max) {
        return Promise.resolve(failure("invalid", `${String(current_mA)} mA is outside what the station may have`));
      }
      return new Promise((resolve) => {
        slot ??= { current_mA, waiters: [], job: null };
        slot.current_mA = current_mA;
        slot.waiters.push({ asked_mA: current_mA, resolve });
        if (slot.waiters.length > WAITERS_MAX) slot.waiters.shift()?.resolve(REPLACED);
        if (slot.job === null) {
          const mine = slot;
          const job = lane.add(priorityOf(current_mA), runSlot);
          mine.job = job;
        } else slot.job.setPriority(priorityOf(current_mA));
      });
    },
    storeFallback: (priority) => lane.add(priority, storeFallback).done,
    forget() {
      known = { ...NOTHING_KNOWN };
    },
    transactionEnded() {
      if (known.purpose === "TxProfile") Object.assign(known, { confirmed_mA: null, purpose: null });
    },
    async keep(signal) {
      while (!signal.aborted) {
        const due_ms = known.confirmedAt_ms + RENEW_MS - clock.now_ms();
        await clock.sleep(known.confirmed_mA === null || due_ms <= 0 ? RENEW_RETRY_MS : due_ms, signal);
        await renew(signal);
      }
    },
  };

  async function renew(signal: AbortSignal): Promise<void> {
    const isDue = clock.now_ms() - known.confirmedAt_ms >= RENEW_MS;
    if (signal.aborted || known.confirmed_mA === null || slot !== null || !isDue) return;
    const reply = await lane.add(PRIORITY.renew, (call): Promise<LimitReply | null> =>
      known.confirmed_mA === null || slot !== null ? Promise.resolve(null) : apply(call, known.confirmed_mA),
    ).done;
    if (reply === null || reply.ok || signal.aborted) return;
    log({
      level: "warn",
      message: "a setpoint could not be renewed",
      data: { stationId: station.id, detail: reply.detail },
    });
  }
}

const REPLACED = failure("not-followed", "replaced by a newer setpoint");

/** A caller whose setpoint was replaced hears of success only if the box is now at no more than it asked for. */
const replyFor = (waiter: Waiter, reply: LimitReply): LimitReply =>
  reply.ok && reply.confirmed_mA > waiter.asked_mA ? { ...REPLACED, retry: false } : reply;

/** What worked last goes first, then the order that most boxes understand (device notes D1). */
function purposesFor(context: LimiterContext, last: ProfilePurpose | null): readonly ProfilePurpose[] {
  const order: readonly ProfilePurpose[] = ["TxDefaultProfile", "ChargePointMaxProfile", "TxProfile"];
  const usable = order.filter(
    (purpose) =>
      (purpose !== "ChargePointMaxProfile" || context.isAlone()) &&
      (purpose !== "TxProfile" || context.runningTransaction() !== null),
  );
  return last === null || !usable.includes(last) ? usable : [last, ...usable.filter((purpose) => purpose !== last)];
}

type Shape = Pick<ProfileParts, "stackLevel"> & { readonly then: "forever" | "expires" | "falls-back" };

/** Where no lower stack holds the fallback, the setpoint's own schedule goes over to it. */
function shapeFor(context: LimiterContext, known: Known, purpose: ProfilePurpose): Shape {
  const { stackLevelMax } = context.capabilities();
  const stackLevel = stackLevelMax ?? STACK_LEVEL;
  const isStacked = purpose === "TxDefaultProfile" && known.fallback === "kept" && stackLevel > 0;
  return { stackLevel, then: isStacked ? "expires" : "falls-back" };
}

async function send(
  context: LimiterContext,
  call: Call,
  what: Shape & {
    readonly purpose: ProfilePurpose;
    readonly current_mA: Milliamp;
    readonly which: "fallback" | "setpoint";
  },
): Promise<CommandReply> {
  const { station, connectorId, clock } = context;
  const unit = context.capabilities().unit ?? "A";
  const limitOf = (current_mA: Milliamp): number => rateLimit(current_mA, unit, station.phaseCount).limit;
  const profile = setChargingProfile({
    purpose: what.purpose,
    connectorId: what.purpose === "ChargePointMaxProfile" ? 0 : connectorId,
    profileId: 2 * connectorId - (what.which === "fallback" ? 1 : 0),
    stackLevel: what.stackLevel,
    unit,
    limit: limitOf(what.current_mA),
    startSchedule: new Date(clock.now_ms() - START_BEFORE_NOW_S * 1000).toISOString(),
    transactionId: what.purpose === "TxProfile" ? context.runningTransaction() : null,
    then: what.then === "falls-back" ? { fallsBackTo: limitOf(station.fallback_mA) } : what.then,
  });
  return commandReply(await call("SetChargingProfile", profile));
}
