import type { EpochMs, Phase } from "../units/index.ts";
import { allocate } from "./allocate.ts";
import type { AllocationRequest } from "./types.ts";

// Between one and three phases only where that lets one more car charge: each switch interrupts the car for a minute.

/** So long must the switch have been worth it before it is made. */
export const WORTH_MS = 60_000;
/** Between two switches of one bay. */
export const BETWEEN_MS = 600_000;
/** More switches than this in one session wear contactors and annoy cars. */
export const SWITCHES_MAX = 4;

export type Switchable = {
  readonly evse: string;
  /** Site phases with one and with three phases. */
  readonly one: readonly Phase[];
  readonly three: readonly Phase[];
  readonly now: 1 | 3;
  readonly switched_at_ms: EpochMs | null;
  /** In this session. */
  readonly switches: number;
};

export type Switch = { readonly evse: string; readonly phases: 1 | 3 };

/**
 * The one switch that is worth making: to one phase where a car in the queue then gets its minimum and nobody loses it;
 * back to three where everybody who charges now goes on charging. `null`: none. The caller waits until it has been
 * worth it for `WORTH_MS`.
 */
export function worthSwitching(request: AllocationRequest, switchables: readonly Switchable[]): Switch | null {
  const ready = switchables.filter(
    ({ switched_at_ms, switches }) =>
      switches < SWITCHES_MAX && (switched_at_ms === null || request.now_ms - switched_at_ms >= BETWEEN_MS),
  );
  if (ready.length === 0) return null;
  const before = served(request);
  const waits = request.evses.length - before.size;
  for (const one of waits > 0 ? ready : ready.filter(({ now }) => now === 1)) {
    const phases = one.now === 3 ? 1 : 3;
    const after = served(withPhases(request, one.evse, phases === 1 ? one.one : one.three));
    const nobodyLoses = [...before].every((id) => after.has(id));
    if (!nobodyLoses) continue;
    if (phases === 1 ? after.size > before.size : before.has(one.evse)) return { evse: one.evse, phases };
  }
  return null;
}

const withPhases = (request: AllocationRequest, evse: string, phases: readonly Phase[]): AllocationRequest => ({
  ...request,
  evses: request.evses.map((one) => (one.id === evse ? { ...one, phases } : one)),
});

const served = (request: AllocationRequest): ReadonlySet<string> =>
  new Set(allocate(request).grants.flatMap(({ evse, current_mA }) => (current_mA > 0 ? [evse] : [])));
