export * from "./assert.ts";
export * from "./money.ts";
export * from "./phases.ts";
export * from "./quantities.ts";
