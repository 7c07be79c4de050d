export * from "./accumulator.ts";
export * from "./buckets.ts";
export * from "./quarter-hour.ts";
