import type { RotationAdvice } from "../../core/phases/index.ts";
import type { Scenario } from "../../core/replay/index.ts";

/** What the advice's thread is given, once; it answers and ends. */
export type AdviceRequest = { readonly scenario: Scenario; readonly within_ms: number };
export type AdviceReply =
  { readonly kind: "advice"; readonly advice: RotationAdvice } | { readonly kind: "failed"; readonly detail: string };
