import { onPhase, PHASES } from "../units/index.ts";
import type { EpochMs, Milliamp, PerPhase } from "../units/index.ts";
import type { BudgetAction } from "./budget.ts";

// Like the recorder of an aircraft: each second is noted, and what lies around an overload is kept.

/** Kept from before an overload, and after its last second. */
export const BLACK_BOX_BEFORE_MS = 60_000;
export const BLACK_BOX_AFTER_MS = 300_000;
/** An overload that goes on longer is cut: the next second begins another record. */
export const BLACK_BOX_MS_MAX = 3_600_000;
const RING_ROWS_MAX = 120;
/** Rows are handed out in lots, so that a disk is not asked every second. */
const LOT_ROWS = 15;

export type BlackBoxRow = {
  readonly at_ms: EpochMs;
  readonly current_mA: PerPhase<number>;
  readonly limit_mA: PerPhase<Milliamp>;
  readonly otherLoad_mA: PerPhase<number>;
  /** Sum of what cars below were granted, per phase. */
  readonly granted_mA: PerPhase<number>;
  readonly action: BudgetAction;
};

export type BlackBoxState = {
  /** The last minute while nothing is wrong. */
  readonly ring: readonly BlackBoxRow[];
  readonly running: {
    readonly began_at_ms: EpochMs;
    readonly lastOver_ms: EpochMs;
    readonly peak_permille: number;
    /** Not handed out yet. */
    readonly rows: readonly BlackBoxRow[];
  } | null;
};

export const emptyBlackBox: BlackBoxState = { ring: [], running: null };

export type BlackBoxEffect =
  | { readonly do: "open"; readonly began_at_ms: EpochMs; readonly rows: readonly BlackBoxRow[] }
  | { readonly do: "append"; readonly rows: readonly BlackBoxRow[] }
  | { readonly do: "close"; readonly ended_at_ms: EpochMs; readonly peak_permille: number };

/** Takes the row of this second. The effects write one record for each overload: opened, appended to in lots, closed. */
export function observeBlackBox(
  state: BlackBoxState,
  row: BlackBoxRow,
): { readonly state: BlackBoxState; readonly effects: readonly BlackBoxEffect[] } {
  const last = state.running?.rows.at(-1) ?? state.ring.at(-1);
  if (last?.at_ms === row.at_ms) return { state, effects: [] };
  const load_permille = highest_permille(row);
  const over = load_permille > 1000;
  const { running } = state;
  if (running === null) {
    if (!over) return { state: { ring: inRing(state.ring, row), running: null }, effects: [] };
    const begun = { began_at_ms: row.at_ms, lastOver_ms: row.at_ms, peak_permille: load_permille, rows: [] };
    const rows = [...fresh(state.ring, row.at_ms), row];
    return { state: { ring: [], running: begun }, effects: [{ do: "open", began_at_ms: row.at_ms, rows }] };
  }
  const lastOver_ms = over ? row.at_ms : running.lastOver_ms;
  const peak_permille = Math.max(running.peak_permille, load_permille);
  const rows = [...running.rows, row];
  const ended =
    row.at_ms - lastOver_ms >= BLACK_BOX_AFTER_MS ||
    row.at_ms - running.began_at_ms >= BLACK_BOX_MS_MAX ||
    row.at_ms < running.began_at_ms;
  if (!ended && rows.length < LOT_ROWS)
    return { state: { ring: [], running: { ...running, lastOver_ms, peak_permille, rows } }, effects: [] };
  const append: BlackBoxEffect = { do: "append", rows };
  if (!ended)
    return { state: { ring: [], running: { ...running, lastOver_ms, peak_permille, rows: [] } }, effects: [append] };
  const close: BlackBoxEffect = { do: "close", ended_at_ms: lastOver_ms, peak_permille };
  return { state: { ring: [row], running: null }, effects: [append, close] };
}

/** The largest share of a limit on any phase, in thousandths. */
function highest_permille({ current_mA, limit_mA }: BlackBoxRow): number {
  const shares = PHASES.map((phase) => {
    const limit = onPhase(limit_mA, phase);
    const current = Math.abs(onPhase(current_mA, phase));
    if (limit <= 0) return current > 0 ? Number.MAX_SAFE_INTEGER : 0;
    return Math.ceil((current * 1000) / limit);
  });
  return Math.max(...shares);
}

const fresh = (ring: readonly BlackBoxRow[], now_ms: EpochMs): readonly BlackBoxRow[] =>
  ring.filter(({ at_ms }) => at_ms <= now_ms && now_ms - at_ms <= BLACK_BOX_BEFORE_MS);

const inRing = (ring: readonly BlackBoxRow[], row: BlackBoxRow): readonly BlackBoxRow[] =>
  [...fresh(ring, row.at_ms), row].slice(-RING_ROWS_MAX);
