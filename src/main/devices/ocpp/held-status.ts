import type { EpochMs } from "../../../core/units/index.ts";
import type { StatusNotification } from "../../protocol/ocpp/index.ts";
import { takeStatus, type Evse } from "./evse.ts";
import type { OcppHost } from "./ocpp-host.ts";
import { logAbout, type Point } from "./point.ts";

/**
 * A box that comes back says what it is before it has told what happened: so a free bay whose transaction has not been
 * ended may have its StopTransaction still in the queue. For so long after connecting, by the site's clock, that is
 * waited for; else the session would end at the last register we happen to know.
 */
const STOP_COMES_WITHIN_MS = 60_000;
/** A box that was away for long tells its queue one message after the other; while they come, its stop may be among them. */
const STORY_MS_MAX = 2 * 3_600_000;

/** Whether the box may still be telling what happened while it was away. */
export const isTelling = (point: Point, at_ms: EpochMs): boolean =>
  at_ms - Math.max(point.connectedAt_ms, point.lastQueued_ms ?? 0) < STOP_COMES_WITHIN_MS;

/** Whether "available" should wait for the end of a transaction that is still to be told. */
export const mayStillStop = (point: Point, evse: Evse, at_ms: EpochMs): boolean =>
  evse.unended !== null && isTelling(point, at_ms);

/** Keeps the status back until its transaction has been ended, the next status comes, or the time is up. */
export function holdBack(point: Point, evse: Evse, host: OcppHost, message: StatusNotification): void {
  forgetHeld(evse);
  const waiting = new AbortController();
  evse.held = { message, waiting };
  const { signal } = point.connected;
  const giveUp = (): void => {
    waiting.abort();
  };
  signal.addEventListener("abort", giveUp, { once: true });
  void storyTold(point, host, waiting.signal).then(() => {
    signal.removeEventListener("abort", giveUp);
    if (waiting.signal.aborted) return;
    try {
      releaseHeld(evse, host);
    } catch (error) {
      // Nobody waits for this any more; the box says its status again when it changes.
      logAbout(point, host, { level: "error", message: "a status could not be stored", data: { error } });
    }
  });
}

/** Resolves when no message from the box's queue has come for a while, or `signal` aborts. */
async function storyTold(point: Point, { clock }: OcppHost, signal: AbortSignal): Promise<void> {
  const latest_ms = clock.now_ms() + STORY_MS_MAX;
  for (let due_ms = clock.now_ms() + STOP_COMES_WITHIN_MS; clock.now_ms() < due_ms && !signal.aborted;) {
    await clock.sleep(due_ms - clock.now_ms(), signal);
    due_ms = Math.min(latest_ms, Math.max(due_ms, (point.lastQueued_ms ?? 0) + STOP_COMES_WITHIN_MS));
  }
}

/** Says now what was kept back. */
export function releaseHeld(evse: Evse, host: OcppHost): void {
  const { held } = evse;
  forgetHeld(evse);
  if (held !== null) takeStatus(evse, host, held.message, host.clock.now_ms());
}

export function forgetHeld(evse: Evse): void {
  evse.held?.waiting.abort();
  evse.held = null;
}
