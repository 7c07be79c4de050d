export * from "./allocate.ts";
export { requiredCurrent_mA } from "./demand.ts";
export * from "./policy.ts";
export * from "./types.ts";
export * from "./ledger.ts";
export * from "./ledger-plan.ts";
export * from "./other-load.ts";
export * from "./vehicle.ts";
export * from "./overdraw.ts";
