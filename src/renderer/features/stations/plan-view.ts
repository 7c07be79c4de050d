import type { PlannedCar } from "../../../contract/index.ts";

/** What one line says of a car that waits by plan; `null`: it does not, or nobody knows for what. */
export type PlanWords =
  | { readonly kind: "cheaper"; readonly from_ms: number; readonly saves: string }
  | { readonly kind: "later" | "more"; readonly from_ms: number };

/** A thousandth of the currency: a smaller saving is none worth a word, and more digits tell nothing. */
const MILLI_micro = 1_000;

/** When the car will charge, or charge with more, and by how much a kWh is cheaper then. */
export function planWords({ waits }: PlannedCar): PlanWords | null {
  const until_ms = waits?.until_ms ?? null;
  if (waits === null || until_ms === null) return null;
  const { price_micro_per_kWh: now, later_micro_per_kWh: later, paused } = waits;
  if (!paused) return { kind: "more", from_ms: until_ms };
  const saves_micro = now === null || later === null ? 0 : now - later;
  return saves_micro < MILLI_micro
    ? { kind: "later", from_ms: until_ms }
    : { kind: "cheaper", from_ms: until_ms, saves: String(Math.round(saves_micro / MILLI_micro) / 1_000) };
}
