export * from "./commissioning.ts";
export * from "./display-state.ts";
export * from "./tree.ts";
