import type { LinearProgram } from "../../core/planning/index.ts";

// What passes between whoever has a linear program and the worker that solves it.

export type LpRequest = { readonly id: number; readonly program: LinearProgram; readonly limit_s: number };

export type LpReply =
  | { readonly kind: "ready" }
  | {
      readonly kind: "optimal";
      readonly id: number;
      readonly values: Float64Array;
      readonly rowDuals: Float64Array;
      readonly iterations: number;
    }
  | { readonly kind: "infeasible" | "unbounded" | "timed-out"; readonly id: number }
  | { readonly kind: "failed"; readonly id: number; readonly detail: string };
