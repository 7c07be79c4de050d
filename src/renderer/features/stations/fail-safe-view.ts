import type { StationDetail } from "../../../contract/index.ts";

type FailSafe = StationDetail["failSafe"];

/** Which sentences say what a charger does without the PC, in the order they are read. */
export type FailSafeWords =
  | { readonly kind: "known"; readonly sentence: "timed" | "untimed" | "tested" }
  | { readonly kind: "unknown" | "unsafe"; readonly doubt: NonNullable<FailSafe["doubt"]> };

/** A doubt without a name is one nobody has written down. */
export function failSafeWords({ kind, timeout_ms, provenBy, doubt }: FailSafe): FailSafeWords {
  if (provenBy === "test") return { kind: "known", sentence: "tested" };
  if (kind === "known") return { kind, sentence: timeout_ms === null ? "untimed" : "timed" };
  return { kind, doubt: doubt ?? "not-documented" };
}
