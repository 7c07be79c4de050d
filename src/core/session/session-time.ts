import { type EpochMs, type Millisecond, epochMs, millisecond } from "../units/index.ts";
import type { Activity } from "./types.ts";

export type ActivityChange = { readonly at_ms: EpochMs; readonly activity: Activity };

export type SessionTime = {
  readonly charging_ms: Millisecond;
  readonly parked_ms: Millisecond;
  readonly heldByOperator_ms: Millisecond;
};

type Stretch = { readonly activity: Activity; readonly duration_ms: number };

/**
 * Splits [from, to) into charging, parked and held time; the three add up to it. Before the first change the car counts
 * as charging. A pause of the car that ends in charging again (a battery conditioning itself) was no parking: only what
 * follows the last charging is. Time during which we held the car back is never parking (OCPI erratum of 2026-05-28).
 */
export function sessionTime(changes: readonly ActivityChange[], from_ms: EpochMs, to_ms: EpochMs): SessionTime {
  const stretches = stretchesOf(changes, from_ms, to_ms);
  const lastCharging = stretches.findLastIndex((stretch) => stretch.activity === "charging" && stretch.duration_ms > 0);
  let [charging, parked, held] = [0, 0, 0];
  stretches.forEach(({ activity, duration_ms }, index) => {
    if (activity === "held-by-operator") held += duration_ms;
    else if (activity === "suspended-ev" && index > lastCharging) parked += duration_ms;
    else charging += duration_ms;
  });
  return {
    charging_ms: millisecond(charging),
    parked_ms: millisecond(parked),
    heldByOperator_ms: millisecond(held),
  };
}

function stretchesOf(changes: readonly ActivityChange[], from_ms: EpochMs, to_ms: EpochMs): Stretch[] {
  const ordered = changes.toSorted((a, b) => a.at_ms - b.at_ms);
  const clamp = (at_ms: number): EpochMs => epochMs(Math.max(from_ms, Math.min(at_ms, to_ms)));
  const marks: readonly ActivityChange[] = [{ at_ms: from_ms, activity: "charging" }, ...ordered];
  return marks.map(({ at_ms, activity }, index) => {
    const end_ms = marks[index + 1]?.at_ms ?? to_ms;
    return { activity, duration_ms: Math.max(0, clamp(end_ms) - clamp(at_ms)) };
  });
}
