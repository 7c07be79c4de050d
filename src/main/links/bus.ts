export type { BusCounters } from "./bus-counters.ts";
export type { Framing } from "./bus-framing.ts";
export {
  createBusOwner,
  type BusAnswer,
  type BusHealth,
  type BusJob,
  type BusOptions,
  type BusOwner,
  type BusReply,
} from "./bus-owner.ts";
export type { BusPriority } from "./bus-queue.ts";
