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

/** Whether "available" should wait for the end of a transaction that is still to be told. */
export const mayStillStop = (point: Point, evse: Evse, at_ms: EpochMs): boolean =>
  evse.unended !== null && at_ms - point.connectedAt_ms < STOP_COMES_WITHIN_MS;

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
  void host.clock.sleep(STOP_COMES_WITHIN_MS, waiting.signal).then(() => {
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
