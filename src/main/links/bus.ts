export { createBusOwner, type BusHealth, type BusOwner, type BusReply } from "./bus-owner.ts";
export type { BusPriority } from "./bus-queue.ts";
