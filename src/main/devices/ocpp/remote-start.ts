import type { Evse } from "./evse.ts";
import type { OcppHost } from "./ocpp-host.ts";
import { logAbout, type Point } from "./point.ts";
import { PRIORITY } from "./call-lane.ts";
import { commandReply } from "./replies.ts";

/** A box that was told to start has this long to report the transaction, then it is told again. Site's clock. */
const STARTS_WITHIN_MS = 20_000;
const ATTEMPTS_MAX = 3;

/**
 * Starts the car that has just been plugged in at a box that waits to be told, where everybody may charge. Where a card
 * is wanted nothing happens: the reader of the box or the app starts it.
 */
export async function startWaitingCar(point: Point, evse: Evse, host: OcppHost): Promise<void> {
  const idTag = host.remoteStartToken?.(evse.station.id) ?? null;
  if (point.behaviour.start !== "remote" || idTag === null || evse.isStarting) return;
  evse.isStarting = true;
  const { signal } = point.connected;
  const waits = (): boolean => !signal.aborted && evse.isPreparing && evse.running === null;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX && waits(); attempt += 1) {
    const { connectorId } = evse;
    const starting = point.lane.add(PRIORITY.command, (call) => call("RemoteStartTransaction", { connectorId, idTag }));
    const reply = commandReply(await starting.done);
    if (!reply.ok)
      logAbout(point, host, {
        level: "warn",
        message: "a plugged-in car could not be started",
        data: { connectorId, attempt, detail: reply.detail },
      });
    await host.clock.sleep(STARTS_WITHIN_MS, signal);
  }
  evse.isStarting = false;
}
