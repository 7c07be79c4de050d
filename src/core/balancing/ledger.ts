import { floorToStep, milliamp } from "../units/index.ts";
import type { EpochMs, Milliamp, Phase } from "../units/index.ts";
import { buildRows } from "./rows.ts";
import type { Rows } from "./rows.ts";
import type { AllocationCircuit } from "./types.ts";

// The account of what every box may be drawing. A new setpoint counts from the moment it is sent; the old one counts
// until the decrease is confirmed, the pilot and the car have had their time, and the meter of the box agrees.

/** IEC 61851-1: 5 s until the box shows the new pilot and 5 s until the car follows. */
export const SETTLE_MS = 10_000;
/** By now a car that obeys has followed (IEC 61851-1: 5 s); good enough to read the meter by, not to hand current out. */
export const FOLLOW_MS = 6_000;
/** Above this over the setpoint a measured current is what counts. */
export const MEASURE_SLACK_MA = 500;
/** At most one increase per charger in this time. */
export const RAISE_INTERVAL_MS = 15_000;
/** Smaller changes upwards are not worth a command. */
export const RAISE_MIN_MA = 1_000;
/** A command without an answer is sent again after this. */
export const RESEND_MS = 20_000;
/** So many unanswered or unheeded commands in a row make a box stubborn. */
export const STUBBORN_AFTER = 3;

export type LedgerEntry = {
  readonly setpoint_mA: Milliamp | null;
  /** Most that any value sent and not yet proven replaced would allow. */
  readonly upper_mA: Milliamp;
  readonly sent_at_ms: EpochMs | null;
  readonly acknowledged_at_ms: EpochMs | null;
  readonly raised_at_ms: EpochMs | null;
  readonly misses: number;
  /** Most that our commands before it was last forgotten would allow; `null`: we never told it anything. */
  readonly before_mA: Milliamp | null;
};

/** What we know of a box this second, beside its entry. */
export type BoxView = {
  readonly online: boolean;
  /** Control pilot A: no car, so nothing can flow whatever the setpoint. */
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
};

/** Nothing known yet: a box that talks may offer its maximum until it has confirmed something lower. */
export const unknownEntry = (box: Pick<BoxView, "max_mA">): LedgerEntry => ({
  setpoint_mA: null,
  upper_mA: box.max_mA,
  sent_at_ms: null,
  acknowledged_at_ms: null,
  raised_at_ms: null,
  misses: 0,
  before_mA: null,
});

/** Books a command that is about to be sent. */
export function sent(entry: LedgerEntry, current_mA: Milliamp, at_ms: EpochMs): LedgerEntry {
  const raises = entry.setpoint_mA !== null && current_mA > entry.setpoint_mA;
  return {
    ...entry,
    setpoint_mA: current_mA,
    upper_mA: milliamp(Math.max(entry.upper_mA, current_mA)),
    sent_at_ms: at_ms,
    acknowledged_at_ms: null,
    raised_at_ms: raises ? at_ms : entry.raised_at_ms,
  };
}

/** The box confirmed `current_mA`. Only the answer to the newest command counts; older ones change nothing. */
export function acknowledged(entry: LedgerEntry, current_mA: Milliamp, at_ms: EpochMs): LedgerEntry {
  if (entry.setpoint_mA !== current_mA) return entry;
  return { ...entry, acknowledged_at_ms: at_ms, misses: 0 };
}

/** No answer or a refusal: the old and the new value both stay possible. */
export const missed = (entry: LedgerEntry): LedgerEntry => ({ ...entry, misses: Math.min(entry.misses + 1, 1_000) });

/** The box restarted or came back: what it holds is unknown until it confirms anew. */
export const forgotten = (entry: LedgerEntry, box: Pick<BoxView, "max_mA">): LedgerEntry => ({
  ...entry,
  before_mA: entry.setpoint_mA === null ? entry.before_mA : entry.upper_mA,
  setpoint_mA: null,
  acknowledged_at_ms: null,
  upper_mA: milliamp(Math.max(entry.upper_mA, box.max_mA)),
});

/** The clock jumped (the PC slept, or was set): no age counts any more, and what the box holds may have run out. */
export const clockJumped = (entry: LedgerEntry, box: Pick<BoxView, "max_mA">): LedgerEntry => ({
  ...forgotten(entry, box),
  sent_at_ms: null,
  raised_at_ms: null,
});

/** Lets an old setpoint go once the new one is confirmed, has had its time and the box's meter does not contradict. */
export function settled(entry: LedgerEntry, box: BoxView, now_ms: EpochMs): LedgerEntry {
  const { setpoint_mA, acknowledged_at_ms } = entry;
  if (setpoint_mA === null || acknowledged_at_ms === null || entry.upper_mA === setpoint_mA) return entry;
  if (box.unplugged) return { ...entry, upper_mA: setpoint_mA };
  if (now_ms - acknowledged_at_ms < SETTLE_MS) return entry;
  const follows = box.drawn_mA === null || box.drawn_mA <= setpoint_mA + MEASURE_SLACK_MA;
  return follows ? { ...entry, upper_mA: setpoint_mA } : entry;
}

/** The most this box may be drawing on each of its phases right now. */
export function worstCase_mA(entry: LedgerEntry, box: BoxView): Milliamp {
  if (!box.online) {
    // Silent: whichever is larger of what it keeps by itself and what it last confirmed; never zero.
    const last = entry.setpoint_mA === null ? entry.before_mA : entry.upper_mA;
    return milliamp(Math.max(box.fallback_mA, last ?? 0));
  }
  if (box.unplugged) return milliamp(0);
  const drawn = box.drawn_mA ?? milliamp(0);
  return drawn > entry.upper_mA + MEASURE_SLACK_MA ? milliamp(drawn + MEASURE_SLACK_MA) : entry.upper_mA;
}

/** True when the box answers but does not do what it is told; what it may take is then reserved, not shared. */
export const isStubborn = (entry: LedgerEntry): boolean => entry.misses >= STUBBORN_AFTER;

export type Participant = {
  readonly id: string;
  readonly circuit: string;
  readonly phases: readonly Phase[];
  readonly min_mA: Milliamp;
  readonly step_mA: Milliamp;
  readonly entry: LedgerEntry;
  readonly box: BoxView;
  /** What the allocator granted. */
  readonly target_mA: Milliamp;
  /** What the allocator booked for it: for a box that is silent or does not follow more than it is told. */
  readonly booked_mA: Milliamp;
  /** False for a box that is silent: it gets no commands, only its reserve. */
  readonly commandable: boolean;
};

export type Command = {
  readonly evse: string;
  readonly current_mA: Milliamp;
  readonly kind: "decrease" | "increase" | "repeat";
};

/**
 * Which commands to send now. Decreases always and first. An increase only as far as every circuit still holds when each
 * other box takes its worst case: so no order, delay or loss of commands can make the site overload itself.
 */
export function plan(
  circuits: readonly AllocationCircuit[],
  participants: readonly Participant[],
  options: {
    readonly now_ms: EpochMs;
    readonly voltage_V: number;
    /** The circuits as they were shared: less what boxes take above their setpoints, which the account counts itself. */
    readonly shared: readonly AllocationCircuit[];
    readonly raisesAllowed: (circuitId: string) => boolean;
  },
): readonly Command[] {
  const commands: Command[] = [];
  const steady = keptAsTheyAre(options.shared, participants, options.voltage_V);
  for (const one of participants) {
    const command = one.commandable ? decreaseOrRepeat(one, steady.has(one.id), options.now_ms) : null;
    if (command !== null) commands.push(command);
  }
  const rows = reservedRows(circuits, participants, options.voltage_V);
  for (const one of participants) {
    if (!one.commandable || !options.raisesAllowed(one.circuit)) continue;
    const current_mA = raiseTo(one, rows, options.now_ms);
    if (current_mA === null) continue;
    // A box that still may draw more than this keeps its whole reserve: nobody else is raised on a hope.
    book(rows, one, Math.max(0, current_mA - worstCase_mA(one.entry, one.box)));
    commands.push({ evse: one.id, current_mA, kind: "increase" });
  }
  return commands;
}

function decreaseOrRepeat(one: Participant, keep: boolean, now_ms: EpochMs): Command | null {
  const { setpoint_mA, sent_at_ms, acknowledged_at_ms } = one.entry;
  if (setpoint_mA === null) {
    // Nothing is known: begin with the target if it is small, else with what the box keeps anyway.
    const waits = sent_at_ms !== null && now_ms - sent_at_ms < RESEND_MS && one.entry.misses > 0;
    const first = milliamp(Math.min(one.target_mA, one.box.promised_mA ?? one.box.fallback_mA));
    return waits ? null : { evse: one.id, current_mA: first, kind: "decrease" };
  }
  if (one.target_mA < setpoint_mA && !keep) return { evse: one.id, current_mA: one.target_mA, kind: "decrease" };
  const unanswered = acknowledged_at_ms === null && sent_at_ms !== null && now_ms - sent_at_ms >= RESEND_MS;
  return unanswered ? { evse: one.id, current_mA: setpoint_mA, kind: "repeat" } : null;
}

/** Boxes whose target is less than 1 A below their setpoint, where every circuit still holds with the setpoints. */
function keptAsTheyAre(
  circuits: readonly AllocationCircuit[],
  participants: readonly Participant[],
  voltage_V: number,
): ReadonlySet<string> {
  const rows = buildRows({ circuits, evses: participants }, voltage_V);
  const near = participants.filter(({ target_mA, entry }) => {
    const above = (entry.setpoint_mA ?? 0) - target_mA;
    return target_mA > 0 && above > 0 && above < RAISE_MIN_MA;
  });
  const kept = new Set(near.map((one) => one.id));
  for (const one of participants) book(rows, one, kept.has(one.id) ? (one.entry.setpoint_mA ?? 0) : one.booked_mA);
  for (const one of near) {
    if ((rows.uses.get(one.id) ?? []).every(({ row }) => row.left >= 0)) continue;
    kept.delete(one.id);
    book(rows, one, one.booked_mA - (one.entry.setpoint_mA ?? 0));
  }
  return kept;
}

function raiseTo(one: Participant, rows: Rows, now_ms: EpochMs): Milliamp | null {
  const { setpoint_mA, raised_at_ms, acknowledged_at_ms } = one.entry;
  if (setpoint_mA === null || acknowledged_at_ms === null || one.target_mA <= setpoint_mA) return null;
  const fromZero = setpoint_mA === 0;
  if (!fromZero && raised_at_ms !== null && now_ms - raised_at_ms < RAISE_INTERVAL_MS) return null;
  const worst = worstCase_mA(one.entry, one.box);
  let fits = Number.POSITIVE_INFINITY;
  for (const { row, coefficient } of rows.uses.get(one.id) ?? [])
    fits = Math.min(fits, worst + Math.floor(row.left / coefficient));
  const most = Math.min(one.target_mA, fits);
  if (most < one.min_mA) return null;
  const onGrid =
    most === one.target_mA
      ? one.target_mA
      : milliamp(one.min_mA + floorToStep(milliamp(most - one.min_mA), one.step_mA));
  if (onGrid <= setpoint_mA) return null;
  return !fromZero && onGrid - setpoint_mA < RAISE_MIN_MA && onGrid !== one.target_mA ? null : onGrid;
}

/** Rows after everybody's worst case; below zero where the worst case does not fit: nobody is raised there. */
function reservedRows(
  circuits: readonly AllocationCircuit[],
  participants: readonly Participant[],
  voltage_V: number,
): Rows {
  const rows = buildRows({ circuits, evses: participants }, voltage_V);
  for (const one of participants) book(rows, one, worstCase_mA(one.entry, one.box));
  return rows;
}

function book(rows: Rows, one: Participant, current_mA: number): void {
  for (const { row, coefficient } of rows.uses.get(one.id) ?? []) row.left -= current_mA * coefficient;
}
