export * from "./lp-solver.ts";
export * from "./planner.ts";
