export * from "./arming.ts";
export * from "./commissioning.ts";
export * from "./display-state.ts";
export * from "./tree.ts";
