export * from "./open-folder.ts";
export * from "./storage-error.ts";
export type * from "./types.ts";
