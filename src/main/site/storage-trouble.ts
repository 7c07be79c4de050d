import type { Alert } from "../../contract/index.ts";
import type { EpochMs } from "../../core/units/index.ts";
import { isStorageError } from "../storage/index.ts";
import type { AlertStore } from "../storage/types.ts";

/** Writes that succeed for so long end the trouble: a disk that is nearly full fails now and then. */
const QUIET_MS = 600_000;
/** An alert that could not be stored has no number. */
const UNSTORED_ID = "storage";

type Trouble = {
  readonly since_ms: EpochMs;
  readonly last_ms: EpochMs;
  readonly count: number;
  readonly error: string;
};

/** Remembers that facts could not be stored, without needing the disk that failed. */
export interface StorageTrouble {
  /** True when `error` came from the database or the disk, and is remembered. */
  note(error: unknown, now_ms: EpochMs): boolean;
  /** What to raise now; `null`: everything was stored for a while. */
  alert(now_ms: EpochMs): Pick<Alert, "code" | "severity" | "ref" | "inputs"> | null;
  /** The same alerts with this one in front while it cannot be stored itself. */
  shownWith(alerts: AlertStore, now_ms: () => EpochMs): AlertStore;
}

export function createStorageTrouble(): StorageTrouble {
  let trouble: Trouble | null = null;
  let acknowledged_at_ms: EpochMs | null = null;
  const alert = (now_ms: EpochMs): ReturnType<StorageTrouble["alert"]> => {
    if (trouble !== null && now_ms - trouble.last_ms >= QUIET_MS) trouble = null;
    if (trouble === null) return null;
    return {
      code: "storage",
      severity: "stopped",
      ref: "storage",
      inputs: { failures: trouble.count, error: trouble.error },
    };
  };
  const unstored = (stored: readonly Alert[], now_ms: EpochMs): Alert[] => {
    const wanted = alert(now_ms);
    if (wanted === null || trouble === null || stored.some((one) => one.code === "storage" && one.ended_at_ms === null))
      return [];
    const { since_ms, count } = trouble;
    return [{ id: UNSTORED_ID, ...wanted, since_ms, ended_at_ms: null, count, acknowledged_at_ms }];
  };
  return {
    note(error, now_ms) {
      if (!isStorageError(error)) return false;
      if (trouble === null) acknowledged_at_ms = null;
      trouble = {
        since_ms: trouble?.since_ms ?? now_ms,
        last_ms: now_ms,
        count: Math.min((trouble?.count ?? 0) + 1, 1_000_000),
        error: error.code,
      };
      return true;
    },
    alert,
    shownWith: (alerts, now_ms) => ({
      ...alerts,
      open: () => {
        const stored = alerts.open();
        return [...unstored(stored, now_ms()), ...stored];
      },
      list: (includeEnded, limit) => {
        const stored = alerts.list(includeEnded, limit);
        return [...unstored(stored, now_ms()), ...stored];
      },
      acknowledge: (id, at_ms) => {
        if (id !== UNSTORED_ID) return alerts.acknowledge(id, at_ms);
        acknowledged_at_ms = at_ms;
        return unstored([], at_ms)[0] ?? null;
      },
    }),
  };
}
