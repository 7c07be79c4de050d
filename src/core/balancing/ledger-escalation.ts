import type { EpochMs } from "../units/index.ts";
import { FOLLOW_MS, FOLLOWS_SHARE, isStubborn, MEASURE_SLACK_MA, owesReading, RESEND_MS } from "./ledger.ts";
import type { BoxView, LedgerEntry } from "./ledger.ts";

// A box that does not prove a decrease is told to pause, then its transaction or contactor is ended, then a person is
// called. Its worst case stays booked all the while, so nobody else relies on any of it.

/** A decrease that is not proven by now is not waited for any longer, however many answers came. */
export const UNPROVEN_MS_MAX = 40_000;
/** So long is each measure given before the next one. */
export const MEASURE_TAKES_MS = 10_000;
/** While a person is called, the stop is tried again this often. */
export const STOP_AGAIN_MS = 300_000;

export type Escalation = {
  readonly stage: "none" | "pause" | "stop" | "alarm";
  readonly since_ms: EpochMs | null;
  readonly stopped_at_ms: EpochMs | null;
};

/** What the engine is to do: `pause` = setpoint 0, `stop` = remote stop, or contactor off where the box has that. */
export type EscalationEffect = "pause" | "stop" | "alarm" | "relieved";

export const noEscalation: Escalation = { stage: "none", since_ms: null, stopped_at_ms: null };

/**
 * Next stage and what to do on entering it. A box that is silent can be told nothing, so a person is called at once; one
 * whose own meter shows that it follows though its answers are lost is neither paused nor stopped.
 */
export function escalate(
  state: Escalation,
  entry: LedgerEntry,
  box: BoxView,
  now_ms: EpochMs,
): { readonly state: Escalation; readonly effects: readonly EscalationEffect[] } {
  if (!isDue(state, entry, box, now_ms)) {
    const effects: readonly EscalationEffect[] = state.stage === "alarm" ? ["relieved"] : [];
    return { state: noEscalation, effects };
  }
  const spent_ms = state.since_ms === null ? 0 : now_ms - state.since_ms;
  switch (state.stage) {
    case "none":
      return box.online && !follows(entry, box) ? enter("pause", state, now_ms) : enter("alarm", state, now_ms);
    case "pause":
      return spent_ms < MEASURE_TAKES_MS ? { state, effects: [] } : enter("stop", state, now_ms);
    case "stop":
      return spent_ms < MEASURE_TAKES_MS ? { state, effects: [] } : enter("alarm", state, now_ms);
    case "alarm": {
      const again = box.online && now_ms - (state.stopped_at_ms ?? now_ms) >= STOP_AGAIN_MS;
      return again ? { state: { ...state, stopped_at_ms: now_ms }, effects: ["stop"] } : { state, effects: [] };
    }
  }
}

/** Once begun it goes on until the decrease is proven, or the box itself shows that it follows. */
function isDue(state: Escalation, entry: LedgerEntry, box: BoxView, now_ms: EpochMs): boolean {
  const { unproven_since_ms } = entry;
  if (unproven_since_ms === null) return false;
  if (state.stage !== "none") return state.stage === "alarm" || !follows(entry, box);
  if (isStubborn(entry)) return true;
  // A box that reports seldom, or is told less every few seconds, proves late: only what speaks against it counts.
  const hides = box.drawn_mA === null && owesReading(entry);
  const against = !box.online || isUnanswered(entry, now_ms) || contradicts(entry, box) || hides;
  return against && now_ms - unproven_since_ms >= UNPROVEN_MS_MAX;
}

const isUnanswered = ({ acknowledged_at_ms, sent_at_ms }: LedgerEntry, now_ms: EpochMs): boolean =>
  acknowledged_at_ms === null && sent_at_ms !== null && now_ms - sent_at_ms >= RESEND_MS;

/** A reading taken when the car had had its time shows more than the box was told. */
function contradicts({ setpoint_mA, sent_at_ms, proving }: LedgerEntry, { drawn_mA, drawn_at_ms }: BoxView): boolean {
  if (drawn_mA === null || drawn_at_ms === null) return false;
  const told_mA = proving?.current_mA ?? setpoint_mA;
  const told_at_ms = proving?.confirmed_at_ms ?? sent_at_ms;
  if (told_mA === null || told_at_ms === null || drawn_at_ms - told_at_ms < FOLLOW_MS) return false;
  return drawn_mA > told_mA + Math.max(MEASURE_SLACK_MA, Math.floor(told_mA * FOLLOWS_SHARE));
}

function follows(entry: LedgerEntry, { drawn_mA, drawn_at_ms }: BoxView): boolean {
  const { setpoint_mA, sent_at_ms } = entry;
  if (setpoint_mA === null || drawn_mA === null || drawn_at_ms === null || sent_at_ms === null) return false;
  return drawn_at_ms > sent_at_ms && drawn_mA <= setpoint_mA + MEASURE_SLACK_MA;
}

function enter(
  stage: "pause" | "stop" | "alarm",
  state: Escalation,
  now_ms: EpochMs,
): { readonly state: Escalation; readonly effects: readonly EscalationEffect[] } {
  const stopped_at_ms = stage === "stop" ? now_ms : state.stopped_at_ms;
  return { state: { stage, since_ms: now_ms, stopped_at_ms }, effects: [stage] };
}
