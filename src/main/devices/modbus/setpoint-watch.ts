import type { ReadValue } from "./register-reader.ts";

/** Reads in a row that must contradict what we wrote; one may have been under way while we wrote. */
const CONTRADICTIONS = 2;

export interface SetpointWatch {
  /** Last limit the box confirmed; `null` when it is unknown. */
  readonly told_mA: number | null;
  readonly toldAt_ms: number;
  /**
   * What may be repeated to a box that forgets: the last limit it confirmed, or a lower one that it was told since and
   * did not confirm; `null` when nothing is confirmed.
   */
  readonly repeatable_mA: number | null;
  /** It is about to be told this. */
  attempt(limit_mA: number): void;
  tell(limit_mA: number, at_ms: number): void;
  /** The box may hold anything now. */
  forget(): void;
  /** True once when the box shows another setpoint than ours, or a counter that starts at power-on fell back. */
  isLost(limit: ReadValue | null, sincePowerOn: ReadValue | null, tolerance_mA: number): boolean;
}

/** Notices that a box has restarted although it answered every poll. */
export function createSetpointWatch(): SetpointWatch {
  let told_mA: number | null = null;
  let toldAt_ms = -Infinity;
  let attempted_mA: number | null = null;
  let counted: number | null = null;
  let lastSeenAt_ms = -Infinity;
  let contradictions = 0;
  return {
    get told_mA() {
      return told_mA;
    },
    get toldAt_ms() {
      return toldAt_ms;
    },
    get repeatable_mA() {
      return told_mA === null ? null : Math.min(told_mA, attempted_mA ?? told_mA);
    },
    attempt(limit_mA) {
      attempted_mA = limit_mA;
    },
    tell(limit_mA, at_ms) {
      told_mA = limit_mA;
      attempted_mA = null;
      toldAt_ms = at_ms;
      contradictions = 0;
    },
    forget() {
      told_mA = null;
      attempted_mA = null;
      counted = null;
      contradictions = 0;
    },
    isLost(limit, sincePowerOn, tolerance_mA) {
      const count = typeof sincePowerOn?.value === "number" ? sincePowerOn.value : null;
      const fell = count !== null && counted !== null && count < counted;
      if (count !== null) counted = count;
      if (limit !== null && limit.at_ms > lastSeenAt_ms && limit.at_ms > toldAt_ms && typeof limit.value === "number") {
        lastSeenAt_ms = limit.at_ms;
        const differs = told_mA !== null && Math.abs(limit.value - told_mA) > tolerance_mA;
        contradictions = differs ? contradictions + 1 : 0;
      }
      return fell || contradictions >= CONTRADICTIONS;
    },
  };
}
