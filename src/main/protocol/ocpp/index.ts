export * from "./charging-profile.ts";
export * from "./configuration.ts";
export * from "./frame.ts";
export * from "./json.ts";
export * from "./messages.ts";
export * from "./meter-values.ts";
export * from "./timestamp.ts";
