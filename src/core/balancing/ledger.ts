import { milliamp } from "../units/index.ts";
import type { EpochMs, Milliamp } from "../units/index.ts";

// The account of what every box may be drawing. A new setpoint counts from the moment it is sent; the old one counts
// until the decrease is confirmed, the pilot and the car have had their time, and the meter of the box agrees.

/** IEC 61851-1: 5 s until the box shows the new pilot and 5 s until the car follows. */
export const SETTLE_MS = 10_000;
/** By now a car that obeys has followed (IEC 61851-1: 5 s); good enough to read the meter by, not to hand current out. */
export const FOLLOW_MS = 6_000;
/** Above this over the setpoint a measured current is what counts. */
export const MEASURE_SLACK_MA = 500;
/** A car this much above its setpoint follows it, a little off (7 to 8 % are known); more than this is not following. */
export const FOLLOWS_SHARE = 0.1;
/** So many readings in a row must agree before a metered box is believed to have followed a lower setpoint. */
export const AGREEING_READINGS = 2;
/** A command whose answer failed is sent again after this, the first times. */
export const REPEAT_MS = 5_000;
/** A command without an answer is sent again after this. */
export const RESEND_MS = 20_000;
/** So many unanswered or unheeded commands in a row make a box stubborn. */
export const STUBBORN_AFTER = 3;
/** A fallback is counted on only after its time and half of it again (balancing.md R7). */
const FALLBACK_PATIENCE = 1.5;
const MISSES_MAX = 1_000;

export type LedgerEntry = {
  readonly setpoint_mA: Milliamp | null;
  /** Most that any value sent and not yet proven replaced would allow. */
  readonly upper_mA: Milliamp;
  /** Number of the newest command; sending the same value again is the same command. */
  readonly commandNumber: number;
  readonly sent_at_ms: EpochMs | null;
  readonly acknowledged_at_ms: EpochMs | null;
  /** The newest command was refused, not answered or not heeded: it is due to be sent again. */
  readonly failed: boolean;
  readonly raised_at_ms: EpochMs | null;
  /** Commands in a row without a good answer. */
  readonly misses: number;
  /** Times in a row that it said yes to a decrease and went on as before. */
  readonly unheeded: number;
  /** Since when a decrease is not proven; `null`: none is open. */
  readonly unproven_since_ms: EpochMs | null;
  /** A confirmed decrease whose proof goes on although something lower was told since; `null`: the newest is being proven. */
  readonly proving: { readonly current_mA: Milliamp; readonly confirmed_at_ms: EpochMs } | null;
  /** Readings in a row that agree with the setpoint, and when the last one that was looked at was taken. */
  readonly agreed: number;
  readonly judged_at_ms: EpochMs | null;
  /** Most that our commands before it was last forgotten would allow; `null`: we never told it anything. */
  readonly before_mA: Milliamp | null;
};

/** What we know of a box this second, beside its entry. */
export type BoxView = {
  readonly online: boolean;
  /** Control pilot A: no car, so nothing flows now. */
  readonly unplugged: boolean;
  /** Highest phase, from a fresh reading; `null` when there is none. */
  readonly drawn_mA: Milliamp | null;
  readonly drawn_at_ms: EpochMs | null;
  readonly max_mA: Milliamp;
  /** What it keeps by itself when it hears nothing: its own value where it has shown one, else what the site file says. */
  readonly fallback_mA: Milliamp;
  /** What the site file promises for it, and everybody may have at once. Absent: the same as `fallback_mA`. */
  readonly promised_mA?: Milliamp;
  /** True when `fallback_mA` was read back from the box itself. */
  readonly fallbackProven?: boolean;
  /** After so much silence it falls back, as the box itself shows; `null`: nobody knows, or our asking keeps it from it. */
  readonly fallbackAfter_ms?: number | null;
  /** Our last contact: nothing we sent later can have reached it. `null`: there was none. */
  readonly heard_at_ms?: EpochMs | null;
  /** Learned: this car takes so many thousandths more than it is told. */
  readonly over_permille?: number;
};

/** Nothing known yet: a box that talks may offer its maximum until it has confirmed something lower. */
export const unknownEntry = (box: Pick<BoxView, "max_mA">): LedgerEntry => ({
  setpoint_mA: null,
  upper_mA: box.max_mA,
  commandNumber: 0,
  sent_at_ms: null,
  acknowledged_at_ms: null,
  failed: false,
  raised_at_ms: null,
  misses: 0,
  unheeded: 0,
  unproven_since_ms: null,
  proving: null,
  agreed: 0,
  judged_at_ms: null,
  before_mA: null,
});

/** Books a command that is about to be sent. */
export function sent(entry: LedgerEntry, current_mA: Milliamp, at_ms: EpochMs): LedgerEntry {
  const raises = entry.setpoint_mA !== null && current_mA > entry.setpoint_mA;
  const upper_mA = milliamp(Math.max(entry.upper_mA, current_mA));
  const isRepeat = entry.setpoint_mA === current_mA;
  const proving = stillProving(entry, current_mA);
  return {
    ...entry,
    setpoint_mA: current_mA,
    upper_mA,
    commandNumber: isRepeat ? entry.commandNumber : entry.commandNumber + 1,
    sent_at_ms: at_ms,
    acknowledged_at_ms: null,
    failed: false,
    raised_at_ms: raises ? at_ms : entry.raised_at_ms,
    unproven_since_ms: upper_mA > current_mA ? (entry.unproven_since_ms ?? at_ms) : null,
    proving,
    ...(proving === null ? { agreed: 0, judged_at_ms: null } : {}),
  };
}

/** A box that is told less and less, as a building's load rises, must still be able to prove each step of the way. */
function stillProving(entry: LedgerEntry, current_mA: Milliamp): LedgerEntry["proving"] {
  const { setpoint_mA, upper_mA, acknowledged_at_ms } = entry;
  const isConfirmed = setpoint_mA !== null && acknowledged_at_ms !== null && upper_mA > setpoint_mA;
  const open = entry.proving ?? (isConfirmed ? { current_mA: setpoint_mA, confirmed_at_ms: acknowledged_at_ms } : null);
  return open !== null && current_mA <= open.current_mA ? open : null;
}

/**
 * The box confirmed `current_mA`. Only the answer to the newest command counts; pass the number it was sent with, so that
 * the late answer to an earlier command of the same value is not taken for it. An older command that is answered after a
 * newer one was may have been carried out after it: then nothing is confirmed and the newest is sent again.
 */
export function acknowledged(
  entry: LedgerEntry,
  current_mA: Milliamp,
  at_ms: EpochMs,
  commandNumber: number = entry.commandNumber,
): LedgerEntry {
  if (commandNumber !== entry.commandNumber)
    return entry.acknowledged_at_ms === null
      ? { ...entry, proving: null }
      : { ...entry, acknowledged_at_ms: null, failed: true, proving: null };
  if (entry.setpoint_mA !== current_mA || entry.acknowledged_at_ms !== null) return entry;
  return { ...entry, acknowledged_at_ms: at_ms, misses: 0, failed: false };
}

/** No answer or a refusal: the old and the new value both stay possible. */
export const missed = (entry: LedgerEntry, commandNumber: number = entry.commandNumber): LedgerEntry =>
  commandNumber !== entry.commandNumber || entry.acknowledged_at_ms !== null
    ? entry
    : { ...entry, misses: Math.min(entry.misses + 1, MISSES_MAX), failed: true };

/** The box restarted or came back: what it holds is unknown until it confirms anew. */
export const forgotten = (entry: LedgerEntry, box: Pick<BoxView, "max_mA">): LedgerEntry => ({
  ...entry,
  before_mA: entry.setpoint_mA === null ? entry.before_mA : entry.upper_mA,
  setpoint_mA: null,
  acknowledged_at_ms: null,
  failed: false,
  unproven_since_ms: null,
  proving: null,
  upper_mA: milliamp(Math.max(entry.upper_mA, box.max_mA)),
});

/** The box falls silent: what it was last seen to draw above its setpoint stays booked until it is heard again. */
export function silenced(entry: LedgerEntry, box: BoxView): LedgerEntry {
  const { drawn_mA, drawn_at_ms } = box;
  if (box.unplugged || drawn_mA === null || drawn_mA <= withOverdraw(entry.upper_mA, box) + MEASURE_SLACK_MA)
    return entry;
  const upper_mA = milliamp(drawn_mA + MEASURE_SLACK_MA);
  return { ...entry, upper_mA, before_mA: upper_mA, proving: null, agreed: 0, judged_at_ms: drawn_at_ms };
}

/** The clock jumped (the PC slept, or was set): no age counts any more, and what the box holds may have run out. */
export const clockJumped = (entry: LedgerEntry, box: Pick<BoxView, "max_mA">): LedgerEntry => ({
  ...forgotten(entry, box),
  sent_at_ms: null,
  raised_at_ms: null,
});

/**
 * Lets an old setpoint go once the new one is confirmed, has had its time, and two of the box's own readings taken after a
 * car follows agree. A box that says yes and goes on as before is told again, and counted as unheeding.
 */
export function settled(before: LedgerEntry, box: BoxView, now_ms: EpochMs): LedgerEntry {
  const entry = earlierStepSettled(before, box, now_ms);
  const { setpoint_mA, acknowledged_at_ms } = entry;
  if (entry.proving !== null) return entry;
  if (setpoint_mA === null || acknowledged_at_ms === null || entry.upper_mA === setpoint_mA) return entry;
  if (box.unplugged) return proven(entry, setpoint_mA);
  const judged = judge(entry, box, setpoint_mA, acknowledged_at_ms);
  if (now_ms - acknowledged_at_ms < SETTLE_MS) return judged;
  if (judged.agreed >= AGREEING_READINGS || needsNoReading(judged, box)) return proven(judged, setpoint_mA);
  const { judged_at_ms } = judged;
  const contradicted = judged_at_ms !== null && judged.agreed === 0 && judged_at_ms - acknowledged_at_ms >= SETTLE_MS;
  if (!contradicted || now_ms - acknowledged_at_ms < RESEND_MS) return judged;
  return { ...judged, acknowledged_at_ms: null, failed: true, unheeded: Math.min(judged.unheeded + 1, MISSES_MAX) };
}

/** The step that was confirmed before the newest command: once it is proven, no more than it counts. */
function earlierStepSettled(entry: LedgerEntry, box: BoxView, now_ms: EpochMs): LedgerEntry {
  const { proving, setpoint_mA } = entry;
  if (proving === null || setpoint_mA === null) return entry;
  const judged = judge(entry, box, proving.current_mA, proving.confirmed_at_ms);
  if (now_ms - proving.confirmed_at_ms < SETTLE_MS) return judged;
  if (!needsNoReading(judged, box) && judged.agreed < AGREEING_READINGS && !box.unplugged) {
    const isLate = now_ms - proving.confirmed_at_ms >= RESEND_MS && judged.agreed === 0 && judged.judged_at_ms !== null;
    return isLate ? { ...judged, proving: null } : judged;
  }
  const upper_mA = milliamp(Math.max(proving.current_mA, setpoint_mA));
  return {
    ...judged,
    upper_mA: milliamp(Math.min(judged.upper_mA, upper_mA)),
    unproven_since_ms: upper_mA > setpoint_mA ? entry.sent_at_ms : null,
    unheeded: 0,
    proving: null,
    agreed: 0,
    judged_at_ms: null,
  };
}

/** A box that measures nothing is believed after its time. */
const needsNoReading = (entry: LedgerEntry, { drawn_mA }: BoxView): boolean => drawn_mA === null && !owesReading(entry);

/** True when the box was last seen not to follow: falling silent about what it draws proves nothing then. */
export const owesReading = ({ agreed, judged_at_ms, unheeded }: LedgerEntry): boolean =>
  unheeded > 0 || (judged_at_ms !== null && agreed === 0);

const proven = (entry: LedgerEntry, setpoint_mA: Milliamp): LedgerEntry => ({
  ...entry,
  upper_mA: setpoint_mA,
  unheeded: 0,
  unproven_since_ms: null,
});

/** Counts a reading that was not looked at yet and is young enough to show what the car does with this setpoint. */
function judge(entry: LedgerEntry, box: BoxView, setpoint_mA: Milliamp, acknowledged_at_ms: EpochMs): LedgerEntry {
  const { drawn_mA, drawn_at_ms } = box;
  if (drawn_mA === null || drawn_at_ms === null || drawn_at_ms - acknowledged_at_ms < FOLLOW_MS) return entry;
  if (entry.judged_at_ms !== null && drawn_at_ms <= entry.judged_at_ms) return entry;
  const agrees = drawn_mA <= setpoint_mA + Math.max(MEASURE_SLACK_MA, Math.floor(setpoint_mA * FOLLOWS_SHARE));
  return { ...entry, agreed: agrees ? entry.agreed + 1 : 0, judged_at_ms: drawn_at_ms };
}

/**
 * The most this box may be drawing on each of its phases. Without a car nothing flows, but one may be plugged in before we
 * hear of it: a free box counts with what it would offer, which is nothing as soon as it confirmed that. Without `now_ms`
 * no fallback of a silent box is counted on.
 */
export function worstCase_mA(entry: LedgerEntry, box: BoxView, now_ms: EpochMs | null = null): Milliamp {
  if (!box.online) {
    if (now_ms !== null && hasFallenBack(box, now_ms)) return withOverdraw(box.fallback_mA, box);
    // Silent: whichever is larger of what it keeps by itself and what it last confirmed; never zero.
    const last = entry.setpoint_mA === null ? entry.before_mA : entry.upper_mA;
    return withOverdraw(milliamp(Math.max(box.fallback_mA, last ?? 0)), box);
  }
  const allowed = withOverdraw(entry.upper_mA, box);
  if (box.unplugged) return allowed;
  const drawn = box.drawn_mA ?? milliamp(0);
  return drawn > allowed + MEASURE_SLACK_MA ? milliamp(drawn + MEASURE_SLACK_MA) : allowed;
}

/** What a car may draw at this setpoint. */
export const withOverdraw = (current_mA: Milliamp, box: Pick<BoxView, "over_permille">): Milliamp =>
  milliamp(Math.ceil((current_mA * (1000 + (box.over_permille ?? 0))) / 1000));

/** The highest setpoint at which the car draws no more than this. */
export const withoutOverdraw = (drawn_mA: number, box: Pick<BoxView, "over_permille">): number =>
  Math.floor((drawn_mA * 1000) / (1000 + (box.over_permille ?? 0)));

function hasFallenBack(box: BoxView, now_ms: EpochMs): boolean {
  const { fallbackProven = false, fallbackAfter_ms = null, heard_at_ms = null } = box;
  if (!fallbackProven || fallbackAfter_ms === null || heard_at_ms === null) return false;
  return now_ms - heard_at_ms >= fallbackAfter_ms * FALLBACK_PATIENCE;
}

/** True when the box answers but does not do what it is told; what it may take is then reserved, not shared. */
export const isStubborn = (entry: LedgerEntry): boolean =>
  entry.misses >= STUBBORN_AFTER || entry.unheeded >= STUBBORN_AFTER;
