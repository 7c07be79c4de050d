import type { EpochMs, Phase } from "../units/index.ts";
import { allocate } from "./allocate.ts";
import type { Allocation, AllocationRequest } from "./types.ts";

// Between one and three phases only where that lets one more car charge: each switch interrupts the car for a minute.

/** So long must the switch have been worth it before it is made. */
export const WORTH_MS = 60_000;
/** Between two switches of one bay. */
export const BETWEEN_MS = 600_000;
/** More switches than this in one session wear contactors and annoy cars. */
export const SWITCHES_MAX = 4;
/** Each question is a whole decision of the allocator. */
const ASKED_MAX = 6;
/** So long the same bays are asked first: longer than a switch must have been worth it. */
const TURN_MS = 2 * WORTH_MS;

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
export function worthSwitching(
  request: AllocationRequest,
  allocation: Pick<Allocation, "grants">,
  switchables: readonly Switchable[],
): Switch | null {
  const ready = switchables.filter(
    ({ switched_at_ms, switches }) =>
      switches < SWITCHES_MAX && (switched_at_ms === null || request.now_ms - switched_at_ms >= BETWEEN_MS),
  );
  const wanting = new Set(request.evses.filter(({ finished }) => finished !== true).map(({ id }) => id));
  const before = served(allocation, wanting);
  const waits = wanting.size - before.size;
  const asked = waits > 0 ? inTurn(ready, before, request.now_ms) : ready.filter(({ now }) => now === 1);
  for (const one of asked.slice(0, ASKED_MAX)) {
    const phases = one.now === 3 ? 1 : 3;
    const after = served(allocate(withPhases(request, one.evse, phases === 1 ? one.one : one.three)), wanting);
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

/** Of those who want current, who has some. */
const served = ({ grants }: Pick<Allocation, "grants">, wanting: ReadonlySet<string>): ReadonlySet<string> =>
  new Set(grants.flatMap(({ evse, current_mA }) => (current_mA > 0 && wanting.has(evse) ? [evse] : [])));

/** Those who wait first; of the others another one is first each time, so that all are asked in the end. */
function inTurn(ready: readonly Switchable[], before: ReadonlySet<string>, now_ms: EpochMs): readonly Switchable[] {
  const waiting = ready.filter(({ evse }) => !before.has(evse));
  const others = ready.filter(({ evse }) => before.has(evse));
  const from = Math.floor(now_ms / TURN_MS) % Math.max(1, others.length);
  return [...waiting.slice(0, ASKED_MAX - 1), ...others.slice(from), ...others.slice(0, from)];
}
