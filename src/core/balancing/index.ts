export * from "./allocate.ts";
export * from "./types.ts";
export * from "./ledger.ts";
export * from "./other-load.ts";
export * from "./vehicle.ts";
export * from "./overdraw.ts";
