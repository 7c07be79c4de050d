import type { Ceiling } from "./ladder.ts";
import type { AllocationEvse } from "./types.ts";

/** One car in the course of a decision. `index` is its place in the network and in the arrays of the water. */
export type Share = Ceiling & {
  readonly evse: AllocationEvse;
  readonly index: number;
  /** Row that kept it below its minimum; -1: none. */
  blockedBy: number;
};
