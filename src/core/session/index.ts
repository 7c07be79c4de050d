export * from "./discrepancy.ts";
export * from "./machine.ts";
export * from "./types.ts";
export * from "./zero-session.ts";
