import { SLOT_ms, slotOf } from "../history/index.ts";
import { assert, type EpochMs, epochMs } from "../units/index.ts";
import type { PlanSlot } from "./plan-types.ts";

/** 36 hours: tomorrow's evening prices are known in the afternoon before. */
export const PLAN_SLOTS = 144;

/** The rest of the running quarter hour and the next `count - 1` whole ones. Quarter hours of UTC are those of every zone. */
export function planSlots(now_ms: EpochMs, count = PLAN_SLOTS): readonly PlanSlot[] {
  assert(Number.isSafeInteger(count) && count > 0, "a plan has slots");
  const first_ms = slotOf(now_ms);
  return Array.from({ length: count }, (_, index) => ({
    start_ms: index === 0 ? now_ms : epochMs(first_ms + index * SLOT_ms),
    end_ms: epochMs(first_ms + (index + 1) * SLOT_ms),
  }));
}

/** Hours that a slot has left. */
export const slotHours = ({ start_ms, end_ms }: PlanSlot): number => (end_ms - start_ms) / 3_600_000;

/** How much of the slot, from 0 to 1, lies before `until_ms`. */
export const partBefore = ({ start_ms, end_ms }: PlanSlot, until_ms: number): number =>
  Math.min(1, Math.max(0, (until_ms - start_ms) / (end_ms - start_ms)));
