import { once } from "node:events";
import { WebSocket } from "ws";
import { z } from "zod";

const ANSWERED_WITHIN_ms = 30_000;
const CALL = 2;
const message = z.tuple([z.int(), z.string()], z.unknown());

type UnknownStation = { readonly close: () => void };

/** A box straight from the shop: calls in with a name nobody knows, boots, and agrees to whatever it is asked. */
export async function callInAs(identity: string, ocppUrl: string): Promise<UnknownStation> {
  const socket = new WebSocket(`${ocppUrl}/${identity}`, "ocpp1.6");
  await once(socket, "open", { signal: AbortSignal.timeout(ANSWERED_WITHIN_ms) });
  socket.on("message", (data: Buffer) => {
    const [kind, id] = message.parse(JSON.parse(data.toString("utf8")));
    if (kind === CALL) socket.send(JSON.stringify([3, id, { status: "Accepted" }]));
  });
  const boot = { chargePointVendor: "Acme", chargePointModel: "Wallbox 11" };
  const answered = once(socket, "message", { signal: AbortSignal.timeout(ANSWERED_WITHIN_ms) });
  socket.send(JSON.stringify([CALL, "1", "BootNotification", boot]));
  await answered;
  return {
    close: () => {
      socket.terminate();
    },
  };
}
