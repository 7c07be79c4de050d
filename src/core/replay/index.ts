export { replayWithChannel } from "./channel.ts";
export * from "./optimum.ts";
export * from "./replay.ts";
export * from "./scenario.ts";
export type { FurtherRow } from "./wires.ts";
