import type { StationDetail } from "../../../contract/index.ts";

type FailSafe = StationDetail["failSafe"];

/** Which sentences say what a charger does without the PC, in the order they are read. */
export type FailSafeWords =
  | { readonly kind: "known"; readonly sentence: "timed" | "untimed" }
  | { readonly kind: "unknown" | "unsafe"; readonly doubt: NonNullable<FailSafe["doubt"]> };

/** A doubt without a name is one nobody has written down. */
export const failSafeWords = ({ kind, timeout_ms, doubt }: FailSafe): FailSafeWords =>
  kind === "known"
    ? { kind, sentence: timeout_ms === null ? "untimed" : "timed" }
    : { kind, doubt: doubt ?? "not-documented" };
