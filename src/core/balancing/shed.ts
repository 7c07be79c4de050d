import { milliamp, onPhase } from "../units/index.ts";
import type { EpochMs, Milliamp, PerPhase, Phase } from "../units/index.ts";
import { FOLLOW_MS, isStubborn, withOverdraw, worstCase_mA } from "./ledger.ts";
import type { Participant } from "./ledger-plan.ts";
import { book, compileNetwork, loadOf } from "./network.ts";
import type { Network } from "./network.ts";
import type { AllocationCircuit } from "./types.ts";

// The allocator shares what the estimate says there is. When a meter still shows more than a circuit carries, whatever the
// reason, what it shows goes: no estimate is asked, and each box goes straight to what is left for it.

/** A raise this young is the first that is taken back. */
const RAISED_LATELY_MS = 60_000;
/** A decrease this young may still be on its way to the car: what it will bring need not be asked of others. */
const UNDER_WAY_MS = FOLLOW_MS;
/** One that is not even answered after this may be lost: nobody waits for its time-out while a fuse is overloaded. */
const UNANSWERED_MS = 2_000;
/** Drawing so much more than anything it was told, a box does not go by what it is told. */
const HEEDLESS_MA = 1_500;
const HEEDLESS_SHARE = 0.1;

export type Sheddable = Participant & {
  /** Order of admission: the highest is paused first. */
  readonly rank: number;
  /** All phases its box is wired to, where its car has shown that it uses fewer; left out: `phases` are all. */
  readonly wired?: readonly Phase[];
};

export type ShedOptions = {
  readonly now_ms: EpochMs;
  readonly voltage_V: number;
  /** What a circuit's meter shows above what it may carry, per phase; `null`: nothing, or no meter. */
  readonly over_mA: (circuitId: string) => PerPhase<number> | null;
  /** Since when the circuit is above its fuse; left out or `null`: it is not, or nobody knows. */
  readonly overSince_ms?: (circuitId: string) => EpochMs | null;
  /** Nobody keeps anything on these circuits: the protection is about to open. */
  readonly pauseAll?: (circuitId: string) => boolean;
};

/**
 * Lowers targets until what is measured above a limit is gone, beyond what the targets and young decreases bring anyway:
 * first boxes raised lately, newest first, then those furthest above their minimum, then whole cars in the reverse order of
 * admission. Boxes that take no commands or do not follow them bring nothing. What is still too much then is asked of those
 * that have not proven their last decrease, and of cars that may have begun to use more phases since they were last looked
 * at. Targets only fall.
 */
export function shed<T extends Sheddable>(
  circuits: readonly AllocationCircuit[],
  participants: readonly T[],
  options: ShedOptions,
): readonly T[] {
  const over = circuits.some(({ id }) => options.over_mA(id) !== null || options.pauseAll?.(id) === true);
  if (!over) return participants;
  const network = compileNetwork(circuits, participants, options.voltage_V);
  const target = participants.map((one) => one.target_mA);
  const paused = pausedRows(network, options);
  participants.forEach((one, index) => {
    if (one.commandable && uses(network, index, paused)) target[index] = milliamp(0);
  });
  const need = needOf(network, participants, target, options);
  const order = turns(participants, options.now_ms);
  const ask = (rows: Network, asked: Iterable<Turn>, may: (one: T) => boolean): void => {
    for (const { index, least_mA } of asked) {
      const one = participants[index];
      if (one === undefined || !may(one)) continue;
      const from = Math.min(target[index] ?? 0, drawn(one));
      const cut = Math.min(most(rows, index, need), from - least_mA);
      if (cut <= 0) continue;
      const to = least_mA === 0 ? 0 : Math.max(least_mA, floorTo(one, from - cut));
      target[index] = milliamp(to);
      relieve(rows, index, need, from - to);
    }
  };
  ask(network, order, (one) => listens(one, options.now_ms));
  if (need.some((left) => left > 0)) {
    ask(network, order, (one) => one.commandable && !isHeedless(one));
    askSuspects(circuits, participants, options, (rows, may) => {
      ask(
        rows,
        order.filter(({ least_mA }) => least_mA > 0),
        may,
      );
    });
  }
  return participants.map((one, index) => {
    const lower = target[index] ?? one.target_mA;
    return lower < one.target_mA ? { ...one, target_mA: lower, booked_mA: lower } : one;
  });
}

/**
 * Cars that were seen to use fewer phases than their box has, before the fuse was over: one of them may use more now. They
 * go down to their minimum and are not paused, as they may have nothing to do with it.
 */
function askSuspects<T extends Sheddable>(
  circuits: readonly AllocationCircuit[],
  participants: readonly T[],
  { overSince_ms, now_ms, voltage_V }: ShedOptions,
  ask: (rows: Network, may: (one: T) => boolean) => void,
): void {
  const since = circuits.flatMap(({ id }) => overSince_ms?.(id) ?? []);
  if (since.length === 0) return;
  const first_ms = Math.min(...since);
  const isSuspect = (one: T): boolean =>
    (one.wired?.length ?? 0) > one.phases.length && (one.box.drawn_at_ms ?? 0) < first_ms && listens(one, now_ms);
  if (!participants.some(isSuspect)) return;
  const rows = compileNetwork(
    circuits,
    participants.map((one) => ({ ...one, phases: one.wired ?? one.phases })),
    voltage_V,
  );
  ask(rows, isSuspect);
}

/**
 * One that takes no commands, heeds none, has just refused one, draws far more than any of them, or has had its time for the
 * last decrease and not proven it, brings nothing.
 */
function listens(one: Sheddable, now_ms: EpochMs): boolean {
  const { commandable, entry } = one;
  const { unproven_since_ms, acknowledged_at_ms, failed } = entry;
  if (!commandable || failed || isStubborn(entry) || isHeedless(one)) return false;
  const patience_ms = acknowledged_at_ms === null ? UNANSWERED_MS : UNDER_WAY_MS;
  return unproven_since_ms === null || now_ms - unproven_since_ms < patience_ms;
}

function isHeedless({ entry, box }: Sheddable): boolean {
  const allowed_mA = withOverdraw(entry.upper_mA, box);
  return (box.drawn_mA ?? 0) > allowed_mA + Math.max(HEEDLESS_MA, allowed_mA * HEEDLESS_SHARE);
}

/** What the box draws as far as its setpoint decides it: never more than it was told. */
const drawn = ({ entry, box }: Sheddable): number => Math.min(entry.setpoint_mA ?? 0, box.drawn_mA ?? Infinity);

/** Without steps of its own a box takes whole milliamps; what lines of a delta need is no whole number. */
const floorTo = ({ min_mA, step_mA }: Sheddable, current: number): number =>
  step_mA <= 0 ? Math.floor(current) : min_mA + Math.floor((current - min_mA) / step_mA) * step_mA;

type Turn = { readonly index: number; readonly least_mA: number };

/** Who is asked, in order, and down to what. */
function turns(participants: readonly Sheddable[], now_ms: EpochMs): readonly Turn[] {
  const all = participants.map((one, index) => ({ one, index, above: worstCase_mA(one.entry, one.box) - one.min_mA }));
  const lately = all.filter(({ one }) => now_ms - (one.entry.raised_at_ms ?? -Infinity) < RAISED_LATELY_MS);
  lately.sort((a, b) => (b.one.entry.raised_at_ms ?? 0) - (a.one.entry.raised_at_ms ?? 0) || b.above - a.above);
  const largest = all.toSorted((a, b) => b.above - a.above || b.one.rank - a.one.rank);
  const lastIn = all.toSorted((a, b) => b.one.rank - a.one.rank);
  return [
    ...[...lately, ...largest].map(({ one, index }) => ({ index, least_mA: one.min_mA })),
    ...lastIn.map(({ index }) => ({ index, least_mA: 0 })),
  ];
}

/** What each row must lose beyond what targets and decreases under way bring, in the row's own unit. */
function needOf(
  network: Network,
  participants: readonly Sheddable[],
  target: readonly Milliamp[],
  options: ShedOptions,
): Float64Array {
  participants.forEach((one, index) => {
    if (!listens(one, options.now_ms)) return;
    const underWay = Math.max(0, Math.min(one.entry.upper_mA, one.box.drawn_mA ?? Infinity) - drawn(one));
    book(network, index, underWay + Math.max(0, drawn(one) - (target[index] ?? 0)));
  });
  return Float64Array.from(network.rows, (row, index) => {
    if (row.phase === null) return 0;
    const over = options.over_mA(row.circuit.id);
    return over === null ? 0 : Math.max(0, onPhase(over, row.phase) - loadOf(network, index));
  });
}

function pausedRows(network: Network, options: ShedOptions): ReadonlySet<number> {
  return new Set(network.rows.flatMap((row, index) => (options.pauseAll?.(row.circuit.id) === true ? [index] : [])));
}

function uses(network: Network, index: number, rows: ReadonlySet<number>): boolean {
  if (rows.size === 0) return false;
  for (let use = network.first[index] ?? 0; use < (network.first[index + 1] ?? 0); use += 1)
    if (rows.has(network.useRow[use] ?? -1)) return true;
  return false;
}

/** The largest current that one of its rows still must lose by this box. */
function most(network: Network, index: number, need: Float64Array): number {
  let most_mA = 0;
  for (let use = network.first[index] ?? 0; use < (network.first[index + 1] ?? 0); use += 1) {
    const perMilliamp = Math.max(network.useA[use] ?? 0, network.useB[use] ?? 0);
    if (perMilliamp > 0) most_mA = Math.max(most_mA, (need[network.useRow[use] ?? 0] ?? 0) / perMilliamp);
  }
  return most_mA;
}

function relieve(network: Network, index: number, need: Float64Array, current_mA: number): void {
  for (let use = network.first[index] ?? 0; use < (network.first[index + 1] ?? 0); use += 1) {
    const row = network.useRow[use] ?? 0;
    const perMilliamp = Math.max(network.useA[use] ?? 0, network.useB[use] ?? 0);
    need[row] = Math.max(0, (need[row] ?? 0) - current_mA * perMilliamp);
  }
}
