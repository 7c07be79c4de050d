export * from "./machine.ts";
export * from "./types.ts";
