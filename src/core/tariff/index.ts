export * from "./currencies.ts";
export * from "./flat-tariff.ts";
export * from "./price.ts";
export * from "./types.ts";
