export { failuresOf } from "./bus-counters.ts";
export type { BusHealth, BusHint } from "./bus-hints.ts";
export { createBusOwner, type BusOwner, type BusReply } from "./bus-owner.ts";
export type { WireListener, WireRecord } from "./bus-record.ts";
export type { BusPriority } from "./bus-queue.ts";
