import type { Because } from "../balancing/index.ts";

/** What a person at the bay would say of it. */
export type BayState = "free" | "charging" | "limited" | "waiting" | "occupied" | "fault" | "offline";

export type BayFacts = {
  readonly online: boolean;
  /** OCPP 1.6 status as on the wire; Modbus boxes are mapped onto it. */
  readonly status: string | null;
  readonly granted_mA: number;
  readonly because: readonly Because[];
  readonly queued: boolean;
  /** The car showed that it wants nothing: paused for others it waits for nothing. */
  readonly finished: boolean;
};

/** Kinds of limit that hold a car back for the site's sake, not the box's, the cable's or the car's own. */
const HOLDS_BACK: ReadonlySet<Because["kind"]> = new Set([
  "min_current",
  "circuit_phase",
  "circuit_power",
  "site",
  "grid_signal",
  "schedule",
  "price",
  "policy_share",
  "queue",
  "asymmetry",
  "stale_meter",
  "not_armed",
  "fallback",
  "manual",
]);

/** True when the site gives less than the car and the box could use. */
export const isHeldBack = (because: readonly Because[]): boolean =>
  because.some((rung) => HOLDS_BACK.has(rung.kind) && rung.after_mA < rung.before_mA);

/** One word for the bay; a silent box is `offline` whatever it said last. */
export function bayState(facts: BayFacts): BayState {
  if (!facts.online || facts.status === null) return "offline";
  switch (facts.status) {
    case "Available":
      return "free";
    case "Charging":
      return isHeldBack(facts.because) ? "limited" : "charging";
    case "SuspendedEVSE":
      if (facts.finished) return "occupied";
      return facts.queued ? "waiting" : "limited";
    case "Preparing":
    case "Reserved":
      return "waiting";
    case "SuspendedEV":
    case "Finishing":
    case "Unavailable":
      return "occupied";
    case "Faulted":
      return "fault";
    default:
      return "offline";
  }
}
