import { epochMs, type EpochMs, type Milliamp } from "../../../core/units/index.ts";
import type { Station } from "../../../core/site/index.ts";
import {
  rateLimit,
  setChargingProfile,
  SETPOINT_HOLDS_S,
  type ProfileParts,
  type ProfilePurpose,
  type RateUnit,
} from "../../protocol/ocpp/index.ts";
import type { Clock, CommandFailure, CommandReply, LimitReply } from "../ports.ts";
import { PRIORITY, type Call, type CallLane, type Priority, type Queued } from "./call-lane.ts";
import type { LogEntry } from "./ocpp-host.ts";
import { commandReply, failure } from "./replies.ts";
import { clearSetpoint, possibleReplacement, setpointId, type Place, type Replacement } from "./replacement.ts";
import type { VendorBehaviour } from "./vendor-rows.ts";

/** A setpoint holds 120 s in the box; it is sent again well before. Times of the site's clock. */
const RENEW_MS = 40_000;
const RENEW_RETRY_MS = 10_000;
/** Callers that wait for one queued setpoint. */
const WAITERS_MAX = 32;
const STACK_LEVEL = 1;

/** What the box said it can do; `null`: it did not say. */
export type Capabilities = {
  readonly unit: RateUnit | null;
  readonly stackLevelMax: number | null;
  readonly canSwitchPhases: boolean | null;
  /** Card number a box writes by itself when anybody may charge. */
  readonly plugAndChargeToken: string | null;
};

export type LimiterContext = {
  readonly station: Station;
  readonly connectorId: number;
  readonly clock: Clock;
  readonly lane: CallLane;
  readonly log: (entry: LogEntry) => void;
  readonly capabilities: () => Pick<Capabilities, "unit" | "stackLevelMax">;
  readonly behaviour: () => VendorBehaviour["profile"];
  readonly runningTransaction: () => number | null;
  /** Whether connector 0 of the box means this station alone. */
  readonly isAlone: () => boolean;
  /** The box took a profile after which it returns to its fallback. */
  readonly toldFallback: () => void;
  /** A setpoint ran out because the box did not take its renewal. */
  readonly lapsed: () => void;
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
  /** Unit in which it takes limits; `null`: not known yet. */
  unit(): RateUnit | null;
  /** The limit the box took last on this connection, and when; `null`: none holds. */
  setpoint(): { readonly current_mA: Milliamp; readonly at_ms: EpochMs } | null;
  /** Which kinds of profile it has taken and refused since it booted. */
  purposes(): { readonly accepted: readonly ProfilePurpose[]; readonly refused: readonly ProfilePurpose[] };
  /** How a new setpoint takes the place of the one before. */
  replaces(): Replacement;
  /** What was found out in an earlier connection holds. */
  recall(found: Recalled): void;
  /**
   * The box was seen not to take a new setpoint as it should: from now on the one before is cleared first. False when
   * that is done already.
   */
  replaceAfresh(): boolean;
  /** Brings the setpoint that holds to the box once more; `null` when there is none or a newer one is on its way. */
  refresh(): Promise<LimitReply | null>;
  /** Renews the setpoint until `signal` aborts. */
  keep(signal: AbortSignal): Promise<void>;
}

type Recalled = {
  readonly unit: RateUnit | null;
  readonly purposes: { readonly accepted: readonly ProfilePurpose[]; readonly refused: readonly ProfilePurpose[] };
  readonly replace: Replacement;
};
type Waiter = { readonly asked_mA: Milliamp; readonly resolve: (reply: LimitReply) => void };
type Slot = { current_mA: Milliamp; readonly waiters: Waiter[]; job: Queued<void> | null };
type Known = {
  confirmed_mA: Milliamp | null;
  confirmedAt_ms: EpochMs;
  purpose: ProfilePurpose | null;
  fallback: "unknown" | "kept" | "refused";
  /** Found by trying, where the box did not say. */
  unit: RateUnit | null;
  /** Found by watching; `null`: as the vendor's row says. */
  replace: Replacement | null;
  /** The setpoint that was last written on this connection, and where it stands. */
  sent: { readonly current_mA: Milliamp | null; readonly place: Place } | null;
  readonly takes: Map<ProfilePurpose, boolean>;
};

const nothingKnown = (): Known => ({
  confirmed_mA: null,
  confirmedAt_ms: epochMs(0),
  purpose: null,
  fallback: "unknown",
  unit: null,
  replace: null,
  sent: null,
  takes: new Map(),
});

type Holding = { readonly context: LimiterContext; known: Known; slot: Slot | null };

export function createLimiter(context: LimiterContext): Limiter {
  const holding: Holding = { context, known: nothingKnown(), slot: null };
  return {
    set: (current_mA) => setPoint(holding, current_mA),
    storeFallback: (priority) => context.lane.add(priority, (call) => storeFallback(holding, call)).done,
    forget() {
      holding.known = nothingKnown();
    },
    unit: () => statedUnit(context) ?? holding.known.unit,
    setpoint: () => {
      const { confirmed_mA, confirmedAt_ms } = holding.known;
      return confirmed_mA === null ? null : { current_mA: confirmed_mA, at_ms: confirmedAt_ms };
    },
    purposes: () => {
      const takes = [...holding.known.takes];
      const which = (taken: boolean): ProfilePurpose[] => takes.flatMap(([one, does]) => (does === taken ? [one] : []));
      return { accepted: which(true), refused: which(false) };
    },
    replaces: () => replacementFor(context, holding.known),
    recall({ unit, purposes, replace }) {
      const { known } = holding;
      known.unit = unit;
      for (const one of purposes.accepted) known.takes.set(one, true);
      for (const one of purposes.refused) known.takes.set(one, false);
      if (replace !== context.behaviour().replace) known.replace = replace;
    },
    replaceAfresh() {
      const { known } = holding;
      if (replacementFor(context, known) !== "overwrite") return false;
      known.replace = "clear";
      // Whatever stands there now is not what was sent.
      known.sent = { current_mA: null, place: known.sent?.place ?? "upper" };
      return true;
    },
    refresh: () => refresh(holding),
    transactionEnded() {
      const { known } = holding;
      if (known.purpose === "TxProfile") Object.assign(known, { confirmed_mA: null, purpose: null });
    },
    async keep(signal) {
      const { clock } = context;
      while (!signal.aborted) {
        const { confirmed_mA, confirmedAt_ms } = holding.known;
        const due_ms = confirmedAt_ms + RENEW_MS - clock.now_ms();
        await clock.sleep(confirmed_mA === null || due_ms <= 0 ? RENEW_RETRY_MS : due_ms, signal);
        await renew(holding, signal);
      }
    },
  };
}

function setPoint(holding: Holding, current_mA: Milliamp): Promise<LimitReply> {
  const { station, lane } = holding.context;
  if (current_mA < 0 || current_mA > station.current_mA_max) {
    return Promise.resolve(failure("invalid", `${current_mA} mA is outside what the station may have`));
  }
  const { confirmed_mA } = holding.known;
  const isDecrease = confirmed_mA === null || current_mA <= confirmed_mA;
  const priority = isDecrease ? PRIORITY.decrease : PRIORITY.increase;
  return new Promise((resolve) => {
    const slot = (holding.slot ??= { current_mA, waiters: [], job: null });
    slot.current_mA = current_mA;
    slot.waiters.push({ asked_mA: current_mA, resolve });
    if (slot.waiters.length > WAITERS_MAX) slot.waiters.shift()?.resolve(REPLACED);
    if (slot.job === null) slot.job = lane.add(priority, (call) => sendSlot(holding, call));
    else slot.job.setPriority(priority);
  });
}

async function sendSlot(holding: Holding, call: Call): Promise<void> {
  const { slot } = holding;
  holding.slot = null;
  if (slot === null) return;
  const reply = await apply(holding, call, slot.current_mA);
  for (const waiter of slot.waiters) waiter.resolve(replyFor(waiter, reply));
}

async function storeFallback(holding: Holding, call: Call): Promise<void> {
  const { context, known } = holding;
  if (known.fallback !== "unknown") return;
  const { station, log } = context;
  const reply = await send(holding, call, {
    purpose: "TxDefaultProfile",
    stackLevel: 0,
    current_mA: station.fallback_mA,
    then: "forever",
    which: "fallback",
    place: "upper",
  });
  if (reply.ok) {
    known.fallback = "kept";
    context.toldFallback();
  } else if (reply.code === "rejected" || reply.code === "not-supported") {
    known.fallback = "refused";
    const data = { stationId: station.id, detail: reply.detail };
    log({ level: "warn", message: "the station does not keep a fallback current", data });
  }
}

/** Brings one setpoint to the box by the first purpose it takes. */
async function apply(holding: Holding, call: Call, current_mA: Milliamp): Promise<LimitReply> {
  const { context, known } = holding;
  await storeFallback(holding, call);
  let last: CommandFailure = failure("not-supported", "no charging profile fits");
  for (const purpose of purposesFor(context, known)) {
    const reply = await place(holding, call, purpose, current_mA);
    if (reply.ok) {
      const { confirmed_mA } = rateLimit(current_mA, "A", context.station.phaseCount);
      Object.assign(known, { confirmed_mA, confirmedAt_ms: context.clock.now_ms(), purpose });
      return { ok: true, confirmed_mA };
    }
    last = reply;
    if (reply.code !== "rejected" && reply.code !== "not-supported") break;
  }
  // What the box does now is not certain, or is more than it should: let it run out into the fallback.
  const isCertain = last.code === "rejected" || last.code === "not-supported";
  if (!isCertain || (known.confirmed_mA !== null && current_mA < known.confirmed_mA)) known.confirmed_mA = null;
  return last;
}

/** Writes the setpoint such that the box takes it instead of the one before. */
async function place(
  holding: Holding,
  call: Call,
  purpose: ProfilePurpose,
  current_mA: Milliamp,
): Promise<CommandReply> {
  const { context, known } = holding;
  const shape = shapeFor(context, known, purpose);
  const { connectorId } = context;
  const { sent } = known;
  const isNew = sent !== null && sent.current_mA !== current_mA;
  const replacement = possibleReplacement(replacementFor(context, known), shape.stackLevel);
  // In between the box is at its fallback, for less time than a car takes to notice (IEC 61851-1: 5 s).
  if (isNew && replacement === "clear") await clearSetpoint(call, connectorId, sent.place);
  const stays = sent?.place ?? "upper";
  const goes: Place = isNew && replacement === "raise" ? (stays === "upper" ? "lower" : "upper") : stays;
  const stackLevel = goes === "lower" ? shape.stackLevel - 1 : shape.stackLevel;
  const reply = await send(holding, call, {
    ...shape,
    stackLevel,
    purpose,
    current_mA,
    which: "setpoint",
    place: goes,
  });
  if (reply.ok) known.sent = { current_mA, place: goes };
  if (reply.ok && shape.then === "falls-back") context.toldFallback();
  // From below, the new one counts only when the one above it is gone.
  if (reply.ok && isNew && goes !== stays) await clearSetpoint(call, connectorId, stays);
  return reply;
}

const replacementFor = (context: LimiterContext, known: Known): Replacement =>
  known.replace ?? context.behaviour().replace;

function refresh(holding: Holding): Promise<LimitReply | null> {
  const { context, known } = holding;
  return context.lane.add(PRIORITY.renew, (call) => {
    const { confirmed_mA } = known;
    const isOver = confirmed_mA === null || holding.slot !== null || holding.known !== known;
    return isOver ? Promise.resolve(null) : apply(holding, call, confirmed_mA);
  }).done;
}

async function renew(holding: Holding, signal: AbortSignal): Promise<void> {
  const { context, known } = holding;
  const { clock, lane, station } = context;
  if (signal.aborted || known.confirmed_mA === null || clock.now_ms() - known.confirmedAt_ms < RENEW_MS) return;
  const reply = await lane.add(PRIORITY.renew, async (call) => {
    const { confirmed_mA } = known;
    if (confirmed_mA === null || holding.slot !== null || holding.known !== known) return null;
    const outcome = await apply(holding, call, confirmed_mA);
    // One unanswered renewal is no reason to give the setpoint up before it runs out.
    known.confirmed_mA = confirmed_mA;
    return outcome;
  }).done;
  if (reply === null || reply.ok || isAborted(signal)) return;
  log(context, "a setpoint could not be renewed", reply.detail);
  if (clock.now_ms() - known.confirmedAt_ms < SETPOINT_HOLDS_S * 1000) return;
  known.confirmed_mA = null;
  log(context, "a setpoint has run out; the station is at its fallback", station.id);
  context.lapsed();
}

/** Asked after an await, when the answer may have changed. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

const log = ({ station, ...context }: LimiterContext, message: string, detail: string): void => {
  context.log({ level: "warn", message, data: { stationId: station.id, detail } });
};

const REPLACED = failure("not-followed", "replaced by a newer setpoint");

/** A caller whose setpoint was replaced hears of success only if the box is now at no more than it asked for. */
const replyFor = (waiter: Waiter, reply: LimitReply): LimitReply =>
  reply.ok && reply.confirmed_mA > waiter.asked_mA ? { ...REPLACED, retry: false } : reply;

/** What worked last goes first, then the order that most boxes understand (device notes D1). */
function purposesFor(context: LimiterContext, { purpose: last, takes: taken }: Known): readonly ProfilePurpose[] {
  const usable = context
    .behaviour()
    .purposes.filter(
      (purpose) =>
        (purpose !== "ChargePointMaxProfile" || context.isAlone()) &&
        (purpose !== "TxProfile" || context.runningTransaction() !== null),
    );
  const first = last ?? usable.find((purpose) => taken.get(purpose) === true) ?? null;
  return first === null || !usable.includes(first) ? usable : [first, ...usable.filter((purpose) => purpose !== first)];
}

type Shape = Pick<ProfileParts, "stackLevel"> & {
  readonly then: "forever" | "expires" | "falls-back";
};

/** Where no lower stack holds the fallback, the setpoint's own schedule goes over to it. */
function shapeFor(context: LimiterContext, known: Known, purpose: ProfilePurpose): Shape {
  const { stackLevelMax } = context.capabilities();
  const { stack_level, kind } = context.behaviour();
  const stackLevel = stack_level === "max" ? (stackLevelMax ?? STACK_LEVEL) : stack_level;
  // Counted from the start of charging, an end would come in the middle of it: such a box keeps its last setpoint.
  if (kind === "Relative") return { stackLevel, then: "forever" };
  const isStacked = purpose === "TxDefaultProfile" && known.fallback === "kept" && stackLevel > 0;
  return { stackLevel, then: isStacked ? "expires" : "falls-back" };
}

type Sent = Shape & {
  readonly purpose: ProfilePurpose;
  readonly current_mA: Milliamp;
  readonly which: "fallback" | "setpoint";
  readonly place: Place;
};

/** Unit that the vendor's row or the box itself names. */
function statedUnit(context: LimiterContext): RateUnit | null {
  const { rate_unit } = context.behaviour();
  return rate_unit === "auto" ? context.capabilities().unit : rate_unit;
}

/** Sends one profile and books what the box thinks of its kind; where no unit is known, watts are tried after amperes. */
async function send({ context, known }: Holding, call: Call, what: Sent): Promise<CommandReply> {
  const stated = statedUnit(context) ?? known.unit;
  let reply = await sendIn(context, call, what, stated ?? "A");
  if (stated === null && !reply.ok && reply.code === "rejected") {
    const inWatts = await sendIn(context, call, what, "W");
    if (inWatts.ok || inWatts.code === "timeout" || inWatts.code === "offline") reply = inWatts;
    if (inWatts.ok) known.unit = "W";
  } else if (reply.ok) known.unit ??= stated ?? "A";
  if (reply.ok) known.takes.set(what.purpose, true);
  else if (reply.code !== "timeout" && reply.code !== "offline") known.takes.set(what.purpose, false);
  return reply;
}

async function sendIn(context: LimiterContext, call: Call, what: Sent, unit: RateUnit): Promise<CommandReply> {
  const { station, connectorId, clock } = context;
  const { kind, start_offset_s } = context.behaviour();
  const limitOf = (current_mA: Milliamp): number => rateLimit(current_mA, unit, station.phaseCount).limit;
  const profile = setChargingProfile({
    purpose: what.purpose,
    connectorId: what.purpose === "ChargePointMaxProfile" ? 0 : connectorId,
    profileId: what.which === "fallback" ? 2 * connectorId - 1 : setpointId(connectorId, what.place),
    stackLevel: what.stackLevel,
    unit,
    limit: limitOf(what.current_mA),
    kind,
    startSchedule: new Date(clock.now_ms() + start_offset_s * 1000).toISOString(),
    startedAgo_s: -start_offset_s,
    transactionId: what.purpose === "TxProfile" ? context.runningTransaction() : null,
    then: what.then === "falls-back" ? { fallsBackTo: limitOf(station.fallback_mA) } : what.then,
  });
  return commandReply(await call("SetChargingProfile", profile));
}
