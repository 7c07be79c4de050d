export * from "./phase-steps.ts";
export * from "./phase-truth.ts";
export * from "./rotation-advice.ts";
