import { type EpochMs, type Watt, type WattHour, epochMs, wattHour } from "../units/index.ts";
import { type RegisterPoint, firstDrop, registerRow, risingEnergy, worstImpossible } from "./registers.ts";
import { type ActivityChange, type SessionTime, sessionTime } from "./session-time.ts";
import type { EndedBy, Flag, FlagRule, OpenedSession, RegisterSample, Severity } from "./types.ts";
import { isZeroSession } from "./zero-session.ts";

// The doubts that may stand against a session. Nobody pays for energy that did not flow: what two readings of one
// register do not prove is `null`, and a flag of severity B keeps the session off every invoice until a person decided.

/** No meter inside a box had run before this: an earlier timestamp is a clock that was never set. */
const CLOCK_SET_ms_min = epochMs(1_420_070_400_000);
const AHEAD_ms_max = 5 * 60_000;
const OFFSET_ms_max = 2 * 60_000;
const OVERLAP_ms_max = 5 * 60_000;
const LIFETIME_PREVIOUS_Wh_above = 1000;
/** More than any AC session delivers. */
const SESSION_Wh_max = 150_000;
const UNASSIGNED_Wh_max = 50;

/** The message that ended the session. */
export type StopMessage = {
  readonly at_ms: EpochMs;
  readonly received_at_ms: EpochMs;
  readonly register_Wh: WattHour | null;
  readonly idToken: string | null;
};

export type SessionEvidence = {
  readonly opened: OpenedSession;
  /** `null`: the box never ended it; then it ends at its last register value. */
  readonly stop: StopMessage | null;
  readonly registers: readonly RegisterSample[];
  readonly activities: readonly ActivityChange[];
  /** Stop register and end of the session before this one on the same EVSE. */
  readonly previousStop_Wh: WattHour | null;
  readonly previousEnded_at_ms?: EpochMs | null;
  /** What the box can deliver at most; `null` when we do not know it. */
  readonly ratedPower_W: Watt | null;
  readonly endedBy: EndedBy;
  /** Stop or values arrived for a transaction whose start we never saw. */
  readonly startMissing?: boolean;
  /** Further start or stop messages with the same content. */
  readonly duplicates?: number;
  /** The message was kept by the box while it had no connection: then a late receipt is no clock error. */
  readonly startReplayed?: boolean;
  readonly stopReplayed?: boolean;
  /** The stop card differs but belongs to the same owner. */
  readonly sameParent?: boolean;
  /** What the list of cards says of the start card; leave out where every card may charge. */
  readonly card?: "accepted" | "blocked" | "unknown";
  /** Why the box's register is no watt-hours to send a bill for, as its maker says; leave out where nothing is known. */
  readonly registerKind?: "apparent-energy" | "estimate" | null;
  /** The tariff has a price per time: then a wrong clock blocks. */
  readonly timePriced?: boolean;
};

export type Assessment = SessionTime & {
  readonly ended_at_ms: EpochMs;
  readonly stop_Wh: WattHour | null;
  readonly energy_Wh: WattHour | null;
  readonly flags: readonly Flag[];
  readonly billable: boolean;
};

/** What the rules look at: the row of registers with its two ends decided. */
type Case = {
  readonly evidence: SessionEvidence;
  readonly start_Wh: WattHour | null;
  readonly stop_Wh: WattHour | null;
  readonly started_at_ms: EpochMs;
  readonly ended_at_ms: EpochMs;
  readonly row: readonly RegisterPoint[];
  readonly time: SessionTime;
};

type Rule = (a: Case) => Flag | null;

const flag = (rule: FlagRule, severity: Severity, inputs: Flag["inputs"]): Flag => ({ rule, severity, inputs });

/**
 * Judges a finished session: what it delivered, how its time divides, and every doubt with the numbers that raised it.
 * Afterwards `energy_Wh` is stop − start of one register that never ran backwards, or `null`; `billable` is true exactly
 * when no flag has severity B and energy is proven.
 */
export function assess(evidence: SessionEvidence): Assessment {
  const subject = caseOf(evidence);
  const doubts = RULES.flatMap((rule) => rule(subject) ?? []);
  const proven_Wh = doubts.some((doubt) => ENERGY_DOUBT.has(doubt.rule)) ? null : registerDifference(subject);
  const zero = zeroSession(subject, proven_Wh);
  const flags = (zero === null ? doubts : [...doubts, zero]).toSorted((a, b) =>
    a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0,
  );
  return {
    ...subject.time,
    ended_at_ms: subject.ended_at_ms,
    stop_Wh: subject.stop_Wh,
    energy_Wh: proven_Wh,
    flags,
    billable: proven_Wh !== null && flags.every((doubt) => doubt.severity !== "B"),
  };
}

function caseOf(evidence: SessionEvidence): Case {
  const { opened, stop, registers, activities } = evidence;
  const started_at_ms = believable(opened.started_at_ms, opened.received_at_ms);
  const until_ms = stop === null ? epochMs(Number.MAX_SAFE_INTEGER) : believable(stop.at_ms, stop.received_at_ms);
  const last = lastSample(registers, started_at_ms, until_ms);
  const stop_Wh = stop?.register_Wh ?? last?.register_Wh ?? null;
  // Never earlier than the beginning, so that no duration is negative whatever the box's clock says.
  const ended_at_ms = epochMs(Math.max(started_at_ms, stop === null ? (last?.at_ms ?? started_at_ms) : until_ms));
  const row = registerRow({
    start: { at_ms: started_at_ms, register_Wh: opened.start_Wh },
    samples: registers,
    stop: { at_ms: ended_at_ms, register_Wh: stop_Wh },
  });
  const time = sessionTime(activities, started_at_ms, ended_at_ms);
  return { evidence, start_Wh: opened.start_Wh, stop_Wh, started_at_ms, ended_at_ms, row, time };
}

/** A time that cannot be is replaced by when we heard of it; flag D14 says so. */
const believable = (at_ms: EpochMs, received_at_ms: EpochMs): EpochMs =>
  at_ms < CLOCK_SET_ms_min || at_ms > received_at_ms + AHEAD_ms_max ? received_at_ms : at_ms;

function lastSample(samples: readonly RegisterSample[], from_ms: EpochMs, to_ms: EpochMs): RegisterSample | null {
  let last: RegisterSample | null = null;
  for (const sample of samples) {
    if (sample.at_ms < from_ms || sample.at_ms > to_ms) continue;
    if (last === null || sample.at_ms >= last.at_ms) last = sample;
  }
  return last;
}

function registerDifference({ start_Wh, stop_Wh }: Case): WattHour | null {
  return start_Wh === null || stop_Wh === null ? null : wattHour(stop_Wh - start_Wh);
}

/** D01: the register stopped below where it began. Proposal: the last sample that had not fallen. */
const stopBelowStart: Rule = ({ start_Wh, stop_Wh, row }) => {
  if (start_Wh === null || stop_Wh === null || stop_Wh >= start_Wh) return null;
  const valid = row.findLast((point) => point.register_Wh >= start_Wh);
  const proposed_Wh = valid === undefined ? null : valid.register_Wh - start_Wh;
  return flag("D01", "B", { start_Wh, stop_Wh, proposed_Wh });
};

/** D02: the register ran backwards inside the session, or began again near zero. */
const registerDropped: Rule = ({ start_Wh, stop_Wh, row }) => {
  const drop = firstDrop(row);
  if (drop === null) return null;
  const onlyTheStop = drop.to === row.at(-1);
  const smallStop = start_Wh !== null && stop_Wh !== null && stop_Wh * 10 < start_Wh;
  if (onlyTheStop && start_Wh !== null && drop.to.register_Wh < start_Wh && !smallStop) return null;
  return flag("D02", "B", {
    before_Wh: drop.from.register_Wh,
    after_Wh: drop.to.register_Wh,
    at_ms: drop.to.at_ms,
    proposed_Wh: risingEnergy(row),
  });
};

/** D03: the box gave its lifetime register as one session's energy, or never said where it began. */
const lifetimeRegister: Rule = ({ evidence, start_Wh, stop_Wh, ended_at_ms, row }) => {
  const { previousStop_Wh } = evidence;
  const placeholder = start_Wh === null || (start_Wh === 0 && (previousStop_Wh ?? 0) > LIFETIME_PREVIOUS_Wh_above);
  const tooMuch = start_Wh !== null && stop_Wh !== null && stop_Wh - start_Wh > SESSION_Wh_max;
  if (!placeholder && !tooMuch) return null;
  // The first real value inside the transaction; the stop itself is no baseline.
  const firstReal = row.find((point) => point.register_Wh > 0 && point.at_ms < ended_at_ms);
  const baseline_Wh = firstReal?.register_Wh ?? previousStop_Wh;
  const usable = stop_Wh !== null && baseline_Wh !== null && stop_Wh >= baseline_Wh && placeholder;
  return flag("D03", "B", {
    start_Wh,
    stop_Wh,
    previousStop_Wh,
    baseline_Wh: placeholder ? baseline_Wh : null,
    proposed_Wh: usable ? stop_Wh - baseline_Wh : null,
  });
};

/** D04: more energy than the box can deliver in that time. */
const impossiblePower: Rule = ({ evidence, row }) => {
  if (evidence.ratedPower_W === null) return null;
  const worst = worstImpossible(row, evidence.ratedPower_W);
  return worst === null ? null : flag("D04", "B", { ...worst, ratedPower_W: evidence.ratedPower_W });
};

/** D05: nobody told us the end, or not its register: closed at the last value somebody read. */
const missingStop: Rule = ({ evidence, stop_Wh, ended_at_ms }) => {
  const { stop, endedBy } = evidence;
  if (endedBy === "station" && stop !== null && stop.register_Wh !== null) return null;
  return flag("D05", "B", { endedBy, stop_Wh, ended_at_ms });
};

const missingStart: Rule = ({ evidence, stop_Wh }) =>
  evidence.startMissing === true ? flag("D06", "B", { transactionId: evidence.opened.transactionId, stop_Wh }) : null;

const duplicateMessage: Rule = ({ evidence }) =>
  (evidence.duplicates ?? 0) > 0 ? flag("D08", "I", { duplicates: evidence.duplicates ?? 0 }) : null;

/** D09: began clearly before the session before it on the same EVSE had ended. */
const overlap: Rule = ({ evidence, started_at_ms }) => {
  const previous = evidence.previousEnded_at_ms ?? null;
  if (previous === null || previous - started_at_ms <= OVERLAP_ms_max) return null;
  return flag("D09", "B", { previousEnded_at_ms: previous, started_at_ms });
};

/** D10: energy flowed between two sessions; it is on neither of them. */
const unassignedEnergy: Rule = ({ evidence, start_Wh }) => {
  const { previousStop_Wh } = evidence;
  if (previousStop_Wh === null || start_Wh === null) return null;
  const unassigned_Wh = start_Wh - previousStop_Wh;
  return unassigned_Wh > UNASSIGNED_Wh_max ? flag("D10", "W", { previousStop_Wh, start_Wh, unassigned_Wh }) : null;
};

function zeroSession({ time }: Case, energy_Wh: WattHour | null): Flag | null {
  if (energy_Wh === null) return null;
  const nothing = energy_Wh === 0 || isZeroSession({ energy_Wh, ...time });
  return nothing ? flag("D11", "I", { energy_Wh, duration_ms: time.charging_ms + time.parked_ms }) : null;
}

/**
 * D13: the register counts something else than watt-hours (volt-ampere-hours are never fewer), or only estimates them.
 * The session is billed with this note: the box has no better register, and nobody can rescale this one.
 */
const otherUnit: Rule = ({ evidence }) => {
  const { registerKind = null } = evidence;
  return registerKind === null ? null : flag("D13", "W", { register: registerKind });
};

type Stamp = { readonly at_ms: EpochMs; readonly received_at_ms: EpochMs; readonly replayed: boolean };

const clockIsWrong = ({ at_ms, received_at_ms, replayed }: Stamp): boolean =>
  at_ms < CLOCK_SET_ms_min ||
  at_ms > received_at_ms + AHEAD_ms_max ||
  (!replayed && Math.abs(received_at_ms - at_ms) > OFFSET_ms_max);

/** D14: the box's clock. Energy stays as metered; only a price per time is held. */
const wrongClock: Rule = ({ evidence }) => {
  const { opened, stop, startReplayed = false, stopReplayed = false, timePriced = false } = evidence;
  const start: Stamp = { at_ms: opened.started_at_ms, received_at_ms: opened.received_at_ms, replayed: startReplayed };
  const end: Stamp | null = stop === null ? null : { ...stop, replayed: stopReplayed };
  const backwards = end !== null && end.at_ms < start.at_ms;
  const wrong = clockIsWrong(start) ? start : end !== null && (clockIsWrong(end) || backwards) ? end : null;
  if (wrong === null) return null;
  const { at_ms, received_at_ms } = wrong;
  return flag("D14", timePriced ? "B" : "W", { at_ms, received_at_ms, offset_ms: at_ms - received_at_ms });
};

/** D22: another card stopped it, or the start card may not charge here. The start card's owner pays. OCPP id tokens ignore case. */
const cardMismatch: Rule = ({ evidence }) => {
  const startToken = evidence.opened.idToken;
  const stopToken = evidence.stop?.idToken ?? null;
  const differs =
    startToken !== null &&
    stopToken !== null &&
    startToken.toLowerCase() !== stopToken.toLowerCase() &&
    evidence.sameParent !== true;
  const refused = evidence.card === "blocked" || evidence.card === "unknown";
  if (!differs && !refused) return null;
  return flag("D22", "W", { startToken, stopToken, card: evidence.card ?? null });
};

const RULES: readonly Rule[] = [
  stopBelowStart,
  registerDropped,
  lifetimeRegister,
  impossiblePower,
  missingStop,
  missingStart,
  duplicateMessage,
  overlap,
  unassignedEnergy,
  otherUnit,
  wrongClock,
  cardMismatch,
];

/** Rules after which stop − start proves nothing. */
const ENERGY_DOUBT: ReadonlySet<FlagRule> = new Set(["D01", "D02", "D03", "D04", "D06"]);
