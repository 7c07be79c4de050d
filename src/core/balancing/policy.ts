import { millisecond } from "../units/index.ts";
import type { Millisecond } from "../units/index.ts";
import type { Policy } from "./types.ts";

/** The ways of sharing an owner can choose from, for the site and for a single circuit. */
export const SHARING_RULES = ["need", "equal", "equal-energy", "priority", "first-come", "need-by-time"] as const;
export type SharingRule = (typeof SHARING_RULES)[number];

/** How cars share: the rule, and how long a running car keeps its place before it may be paused for another one. */
export type Sharing = { readonly rule: SharingRule; readonly hold_ms: Millisecond };

/** Some cars do not wake up after a pause: less than a quarter of an hour is no hold (balancing.md §2.2). */
export const HOLD_MS_MIN = 15 * 60_000;
export const DEFAULT_SHARING: Sharing = { rule: "need", hold_ms: millisecond(3_600_000) };

/** What the allocator is told for the rule. */
export function policyOf({ rule, hold_ms }: Sharing): Policy {
  switch (rule) {
    case "need":
      return { share: "need", per: "current", hold_ms };
    case "equal":
      return { share: "equal", per: "current", hold_ms };
    case "equal-energy":
      return { share: "equal", per: "energy", hold_ms };
    case "priority":
      return { share: "need", per: "current", hold_ms, order: "priority" };
    case "first-come":
      return { share: "equal", per: "current", hold_ms, order: "first-come" };
    case "need-by-time":
      return { share: "need", per: "current", hold_ms, order: "departure" };
  }
}

/** Weight of a station with this priority: where classes decide, a higher one goes first whatever its weight. */
export const weightFor = ({ order }: Policy, priority: number): number =>
  order === "priority" ? 1 : Math.max(1, priority);
