import type { Chance } from "./channel-random.ts";
import type { Channel } from "./scenario.ts";

// The line between the site and one box: one call at a time, as OCPP-J has it. A call that is not answered in time is over;
// what it said may arrive all the same.

/** What may go wrong beside loss and lateness; all left out: nothing. */
export type ChannelFaults = {
  /** Probability that a message to a box arrives twice. */
  readonly duplicate?: number;
  /** Probability that it arrives up to ten seconds later than its time, past what was said after it. */
  readonly reorder?: number;
  /** How often a box restarts, with its safe current. */
  readonly reboots_per_h?: number;
};

const CALL_TIMEOUT_MS = 8_000;
const OVERTAKEN_BY_MS = 10_000;

export type Call = { readonly current_mA: number; readonly commandNumber: number };
export type LineEvent =
  | { readonly kind: "arrived"; readonly at_ms: number; readonly call: Call }
  | { readonly kind: "answered"; readonly at_ms: number; readonly call: Call }
  | { readonly kind: "unanswered"; readonly at_ms: number; readonly call: Call };

type Timed = { readonly at_ms: number; readonly call: Call };

export type Line = {
  /** Says it now, or when the open call is over; a newer one takes the place of one that still waits. */
  readonly send: (call: Call, now_ms: number) => void;
  /** What has happened up to now, in order. */
  readonly until: (now_ms: number) => readonly LineEvent[];
  /** The connection is new: nothing is under way any more. */
  readonly reset: () => void;
};

const NOTHING: readonly LineEvent[] = [];

export function createLine(channel: Channel, faults: ChannelFaults, chance: Chance): Line {
  let open: { readonly call: Call; readonly sent_ms: number } | null = null;
  let waiting: Call | null = null;
  let arrivals: Timed[] = [];
  let answers: Timed[] = [];
  let lastArrival_ms = 0;
  const transmit = (call: Call, now_ms: number): void => {
    open = { call, sent_ms: now_ms };
    if (chance.happens(channel.loss)) return;
    const own_ms = now_ms + chance.between(channel.latency_ms);
    const overtaken = chance.happens(faults.reorder ?? 0);
    const at_ms = overtaken ? own_ms + chance.next() * OVERTAKEN_BY_MS : Math.max(own_ms, lastArrival_ms);
    if (!overtaken) lastArrival_ms = at_ms;
    arrivals.push({ at_ms, call });
    if (chance.happens(faults.duplicate ?? 0)) arrivals.push({ at_ms, call });
  };
  const over = (now_ms: number): void => {
    open = null;
    const next = waiting;
    waiting = null;
    if (next !== null) transmit(next, now_ms);
  };
  const arrive = (one: Timed, events: LineEvent[]): void => {
    events.push({ kind: "arrived", ...one });
    if (!chance.happens(channel.loss))
      answers.push({ at_ms: one.at_ms + chance.between(channel.latency_ms), call: one.call });
  };
  const until: Line["until"] = (now_ms) => {
    if (open === null && arrivals.length === 0) return NOTHING;
    const events: LineEvent[] = [];
    const due = arrivals.filter((one) => one.at_ms <= now_ms).sort((a, b) => a.at_ms - b.at_ms);
    if (due.length > 0) arrivals = arrivals.filter((one) => one.at_ms > now_ms);
    for (const one of due) arrive(one, events);
    for (const answer of answers.filter((one) => one.at_ms <= now_ms)) {
      // An answer after its time-out is thrown away: nobody waits for it any more.
      if (answer.call !== open?.call) continue;
      events.push({ kind: "answered", ...answer });
      over(now_ms);
    }
    answers = answers.filter((one) => one.at_ms > now_ms);
    if (open !== null && now_ms - open.sent_ms >= CALL_TIMEOUT_MS) {
      events.push({ kind: "unanswered", at_ms: now_ms, call: open.call });
      over(now_ms);
    }
    return events;
  };
  return {
    send: (call, now_ms) => {
      if (open === null) transmit(call, now_ms);
      else waiting = call;
    },
    until,
    reset: () => {
      open = null;
      waiting = null;
      arrivals = [];
      answers = [];
    },
  };
}
