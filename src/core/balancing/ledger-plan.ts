import { floorToStep, milliamp } from "../units/index.ts";
import type { EpochMs, Milliamp, Phase } from "../units/index.ts";
import { isStubborn, REPEAT_MS, RESEND_MS, withOverdraw, withoutOverdraw, worstCase_mA } from "./ledger.ts";
import type { BoxView, LedgerEntry } from "./ledger.ts";
import { book, compileNetwork, EPSILON, leftOf, roomOf } from "./network.ts";
import type { Network } from "./network.ts";
import type { AllocationCircuit } from "./types.ts";

// Nothing is sent past this: what the allocator grants becomes commands here, as far as the account allows.

/** At most one increase per charger in this time, so at most four a minute. A started car keeps its minimum as long. */
export const RAISE_INTERVAL_MS = 15_000;
/** Smaller changes upwards are not worth a command. */
export const RAISE_MIN_MA = 1_000;

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

export type PlanOptions = {
  readonly now_ms: EpochMs;
  readonly voltage_V: number;
  /** The circuits as they were shared: less what boxes take above their setpoints, which the account counts itself. */
  readonly shared: readonly AllocationCircuit[];
  readonly raisesAllowed: (circuitId: string) => boolean;
};

/**
 * Which commands to send now. Decreases always and first. An increase only as far as every circuit still holds when each
 * other box takes its worst case: so no order, delay or loss of commands can make the site overload itself.
 */
export function plan(
  circuits: readonly AllocationCircuit[],
  participants: readonly Participant[],
  options: PlanOptions,
): readonly Command[] {
  const { now_ms } = options;
  const commands: Command[] = [];
  const steady = keptAsTheyAre(participants, options);
  participants.forEach((one, index) => {
    const command = one.commandable ? decreaseOrRepeat(one, steady.has(index), now_ms) : null;
    if (command !== null) commands.push(command);
  });
  if (participants.some((one) => mayRise(one, now_ms))) raise(circuits, participants, options, commands);
  return commands;
}

function decreaseOrRepeat(one: Participant, keep: boolean, now_ms: EpochMs): Command | null {
  const { setpoint_mA, sent_at_ms, acknowledged_at_ms, misses, failed } = one.entry;
  const since_ms = sent_at_ms === null ? Number.POSITIVE_INFINITY : now_ms - sent_at_ms;
  if (setpoint_mA === null) {
    // Nothing is known: begin with the target if it is small, else with what the box keeps anyway.
    const first = milliamp(Math.min(one.target_mA, one.box.promised_mA ?? one.box.fallback_mA));
    return since_ms < RESEND_MS && misses > 0 ? null : { evse: one.id, current_mA: first, kind: "decrease" };
  }
  if (one.target_mA < setpoint_mA && !keep) return { evse: one.id, current_mA: one.target_mA, kind: "decrease" };
  if (acknowledged_at_ms !== null) return null;
  const wait_ms = failed && !isStubborn(one.entry) ? REPEAT_MS : RESEND_MS;
  return since_ms >= wait_ms ? { evse: one.id, current_mA: setpoint_mA, kind: "repeat" } : null;
}

/** Boxes whose target is less than 1 A below their setpoint, where every circuit still holds with the setpoints. */
function keptAsTheyAre(participants: readonly Participant[], options: PlanOptions): ReadonlySet<number> {
  const kept = new Set<number>();
  participants.forEach(({ target_mA, booked_mA, entry }, index) => {
    const setpoint_mA = entry.setpoint_mA ?? 0;
    const above = setpoint_mA - target_mA;
    // For one that is silent or does not follow more than it was told is booked: that stays.
    if (target_mA > 0 && above > 0 && above < RAISE_MIN_MA && booked_mA <= setpoint_mA) kept.add(index);
  });
  if (kept.size === 0) return kept;
  const network = compileNetwork(options.shared, participants, options.voltage_V);
  participants.forEach((one, index) => {
    book(network, index, kept.has(index) ? (one.entry.setpoint_mA ?? 0) : waiting_mA(one));
  });
  for (const index of [...kept]) {
    const one = participants[index];
    if (one === undefined || holds(network, index)) continue;
    kept.delete(index);
    book(network, index, one.booked_mA - (one.entry.setpoint_mA ?? 0));
  }
  return kept;
}

/**
 * What one that is not kept counts with: a raise of less than 1 A is nothing another one is lowered for, else a step too
 * many wanders from car to car for ever.
 */
function waiting_mA({ entry: { setpoint_mA }, target_mA, booked_mA }: Participant): Milliamp {
  const raise_mA = target_mA - (setpoint_mA ?? target_mA);
  return setpoint_mA !== null && setpoint_mA > 0 && raise_mA > 0 && raise_mA < RAISE_MIN_MA && booked_mA === target_mA
    ? setpoint_mA
    : booked_mA;
}

function holds(network: Network, index: number): boolean {
  const end = network.first[index + 1] ?? 0;
  for (let use = network.first[index] ?? 0; use < end; use += 1)
    if (leftOf(network, network.useRow[use] ?? 0) < -EPSILON) return false;
  return true;
}

/** Only one increase may be on its way, and only after the last command was answered. */
function mayRise({ commandable, entry, target_mA }: Participant, now_ms: EpochMs): boolean {
  const { setpoint_mA, raised_at_ms, acknowledged_at_ms } = entry;
  if (!commandable || setpoint_mA === null || acknowledged_at_ms === null || target_mA <= setpoint_mA) return false;
  return raised_at_ms === null || now_ms - raised_at_ms >= RAISE_INTERVAL_MS;
}

function raise(
  circuits: readonly AllocationCircuit[],
  participants: readonly Participant[],
  { now_ms, voltage_V, raisesAllowed }: PlanOptions,
  commands: Command[],
): void {
  // Below zero where the worst cases do not fit: nobody is raised there.
  const network = compileNetwork(circuits, participants, voltage_V);
  const worst = participants.map(({ entry, box }) => worstCase_mA(entry, box, now_ms));
  worst.forEach((current_mA, index) => {
    book(network, index, current_mA);
  });
  participants.forEach((one, index) => {
    if (!mayRise(one, now_ms) || !raisesAllowed(one.circuit)) return;
    const before = worst[index] ?? 0;
    const current_mA = holds(network, index) ? raiseTo(one, before, roomOf(network, index).left_mA) : null;
    if (current_mA === null) return;
    // A box that still may draw more than this keeps its whole reserve: nobody else is raised on a hope.
    book(network, index, Math.max(0, withOverdraw(current_mA, one.box) - before));
    commands.push({ evse: one.id, current_mA, kind: "increase" });
  });
}

function raiseTo(one: Participant, worst: number, room_mA: number): Milliamp | null {
  const setpoint = one.entry.setpoint_mA ?? 0;
  const starts = setpoint === 0;
  const wanted = starts && one.min_mA > 0 ? Math.min(one.target_mA, one.min_mA) : one.target_mA;
  const fits = Number.isFinite(room_mA) ? withoutOverdraw(worst + room_mA, one.box) : wanted;
  const most = Math.min(wanted, fits);
  if (most < one.min_mA) return null;
  const onGrid =
    most === wanted ? milliamp(wanted) : milliamp(one.min_mA + floorToStep(milliamp(most - one.min_mA), one.step_mA));
  if (onGrid <= setpoint) return null;
  return !starts && onGrid - setpoint < RAISE_MIN_MA && onGrid !== one.target_mA ? null : onGrid;
}
