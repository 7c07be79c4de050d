export * from "./open-folder.ts";
export type * from "./types.ts";
