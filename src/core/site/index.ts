export * from "./arming.ts";
export * from "./commissioning.ts";
export * from "./display-state.ts";
export * from "./fallback-judgement.ts";
export * from "./register-mark.ts";
export * from "./tree.ts";
