import { epochMs, wattHour } from "../units/index.ts";
import type { EpochMs } from "../units/index.ts";
import { STARVING_MS } from "./admission.ts";
import { allocate } from "./allocate.ts";
import { isSatisfied } from "./demand.ts";
import { DEFAULT_VOLTAGE_V } from "./network.ts";
import { HOLD_MS_MIN } from "./policy.ts";
import type { Allocation, AllocationEvse, AllocationRequest } from "./types.ts";

// When a waiting car will probably have its turn: the allocator itself is asked again for the moments at which something is
// expected to change. Nothing is promised: cars stay longer, and others come.

/**
 * What is expected to make room. `leaves`: another car drives away; `full`: another car has what it needs; `hold`: another
 * car's hold ends; `waited`: this car has had nothing for so long that another one steps back; `too-late`: it is itself
 * expected to leave before; `unknown`: nobody can say.
 */
export const TURN_KINDS = ["leaves", "full", "hold", "waited", "too-late", "unknown"] as const;
export type TurnKind = (typeof TURN_KINDS)[number];

/** `ref`: the EVSE that makes room, or the waiting one itself where no other one does. */
export type Turn = { readonly expected_at_ms: EpochMs | null; readonly kind: TurnKind; readonly ref: string };

/** Beyond this nobody can say. */
const HORIZON_MS = 24 * 3_600_000;
/** Each moment asks the allocator once. */
const MOMENTS_MAX = 48;
/** Energy so far moves the order all the time: without an event it is looked at again after this. */
const LOOK_AGAIN_MS = 30 * 60_000;
const HOUR_MS = 3_600_000;

/**
 * The expected turn of every EVSE in the queue, by its id: cars go on as they do now, leave when they are expected to and
 * are full when they have what they are expected to need; a departure that has passed says nothing more.
 */
export function expectedTurns(request: AllocationRequest, allocation: Allocation): ReadonlyMap<string, Turn> {
  const turns = new Map<string, Turn>();
  const waiting = new Set(allocation.queue.map(({ evse }) => evse));
  let moment: Moment = { request, currents: currentsOf(allocation) };
  for (let count = 0; count < MOMENTS_MAX && waiting.size > 0; count += 1) {
    const at_ms = nextMoment(moment);
    if (at_ms - request.now_ms > HORIZON_MS) break;
    const { evses, left } = advanced(moment, at_ms);
    for (const id of left) if (waiting.delete(id)) turns.set(id, { expected_at_ms: null, kind: "too-late", ref: id });
    const asked = { ...request, now_ms: at_ms, evses };
    const then = allocate(asked);
    const currents = currentsOf(then);
    for (const id of waiting) {
      if ((currents.get(id) ?? 0) <= 0) continue;
      waiting.delete(id);
      turns.set(id, { expected_at_ms: at_ms, ...roomMadeBy(id, moment, { request: asked, currents }, left) });
    }
    moment = { request: withHolds(asked, moment.currents, currents), currents };
  }
  for (const id of waiting) turns.set(id, { expected_at_ms: null, kind: "unknown", ref: id });
  return turns;
}

type Currents = ReadonlyMap<string, number>;
type Moment = { readonly request: AllocationRequest; readonly currents: Currents };

const currentsOf = ({ grants }: Allocation): Currents => new Map(grants.map((grant) => [grant.evse, grant.current_mA]));

const isRunning = ({ currents }: Moment, evse: AllocationEvse): boolean =>
  !evse.reserved && (currents.get(evse.id) ?? 0) > 0;

/** The first time after now at which anything is expected to change. */
function nextMoment(moment: Moment): EpochMs {
  const { now_ms } = moment.request;
  const times = moment.request.evses
    .flatMap((evse) => [...(isRunning(moment, evse) ? runningTimes(moment, evse) : waitingTimes(evse))])
    .filter((at_ms) => at_ms > now_ms);
  return epochMs(Math.ceil(Math.min(now_ms + LOOK_AGAIN_MS, ...times)));
}

function* runningTimes(moment: Moment, evse: AllocationEvse): Generator<number> {
  const { hold_ms } = moment.request.policy;
  if (evse.departure_ms !== null) yield evse.departure_ms;
  if (evse.charging_since_ms !== null) {
    yield evse.charging_since_ms + hold_ms;
    yield evse.charging_since_ms + Math.min(hold_ms, Math.max(HOLD_MS_MIN, hold_ms / 2));
  }
  const power_W = powerOf(moment, evse);
  if (evse.needed_Wh !== null && power_W > 0 && evse.attained_Wh < evse.needed_Wh)
    yield moment.request.now_ms + ((evse.needed_Wh - evse.attained_Wh) / power_W) * HOUR_MS;
}

function* waitingTimes(evse: AllocationEvse): Generator<number> {
  if (evse.departure_ms !== null) yield evse.departure_ms;
  yield evse.plugged_at_ms + STARVING_MS;
}

const powerOf = ({ request, currents }: Moment, evse: AllocationEvse): number =>
  ((currents.get(evse.id) ?? 0) / 1000) * evse.phases.length * (request.voltage_V ?? DEFAULT_VOLTAGE_V);

/** Everybody with the energy of the time between; without those who have left by then. */
function advanced(moment: Moment, at_ms: EpochMs): { evses: readonly AllocationEvse[]; left: ReadonlySet<string> } {
  const { now_ms, evses } = moment.request;
  const hours = (at_ms - now_ms) / HOUR_MS;
  const left = new Set(evses.filter((evse) => hasLeft(evse, now_ms, at_ms)).map(({ id }) => id));
  const staying = evses.filter(({ id }) => !left.has(id));
  return {
    left,
    evses: staying.map((evse) => {
      if (!isRunning(moment, evse)) return evse;
      // Up, so that a car that is full at this moment is not short of it by a rounding.
      return { ...evse, attained_Wh: wattHour(evse.attained_Wh + Math.ceil(powerOf(moment, evse) * hours)) };
    }),
  };
}

const hasLeft = ({ reserved, departure_ms }: AllocationEvse, from_ms: EpochMs, at_ms: EpochMs): boolean =>
  !reserved && departure_ms !== null && departure_ms > from_ms && departure_ms <= at_ms;

/** A car that is let in begins its hold, and one that is paused gives its own up. */
const withHolds = (request: AllocationRequest, before: Currents, now: Currents): AllocationRequest => ({
  ...request,
  evses: request.evses.map((evse) => {
    const runs = (now.get(evse.id) ?? 0) > 0;
    if (!runs) return { ...evse, charging_since_ms: null };
    return (before.get(evse.id) ?? 0) > 0 ? evse : { ...evse, charging_since_ms: request.now_ms };
  }),
});

/** Who ran before and does not now, and why. */
function roomMadeBy(
  id: string,
  before: Moment,
  now: Moment,
  left: ReadonlySet<string>,
): { readonly kind: TurnKind; readonly ref: string } {
  const circuit = circuitOf(before.request, id);
  const lost = before.request.evses
    .filter((evse) => isRunning(before, evse) && (now.currents.get(evse.id) ?? 0) === 0)
    .sort(
      (a, b) =>
        Number(b.circuit === circuit) - Number(a.circuit === circuit) ||
        Number(left.has(b.id)) - Number(left.has(a.id)),
    );
  const who = lost[0];
  if (who === undefined) {
    const full = now.request.evses.find((evse) => isRunning(now, evse) && isSatisfied(evse));
    return full === undefined ? { kind: "unknown", ref: id } : { kind: "full", ref: full.id };
  }
  if (left.has(who.id)) return { kind: "leaves", ref: who.id };
  const then = now.request.evses.find((evse) => evse.id === who.id);
  if (then !== undefined && isSatisfied(then)) return { kind: "full", ref: who.id };
  const own = now.request.evses.find((evse) => evse.id === id);
  const waited = own !== undefined && own.plugged_at_ms + STARVING_MS === now.request.now_ms;
  return { kind: waited ? "waited" : "hold", ref: who.id };
}

const circuitOf = ({ evses }: AllocationRequest, id: string): string | undefined =>
  evses.find((evse) => evse.id === id)?.circuit;
