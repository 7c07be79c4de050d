import type { OcppCallReply } from "../../links/ocpp-server.ts";
import { fromV201, toV201, type JsonObject } from "../../protocol/ocpp/index.ts";
import type { Clock } from "../ports.ts";
import type { Speaker } from "./call-lane.ts";
import type { Point } from "./point.ts";

/** A connection of 2.0.1 that is spoken to in 1.6. What 2.0.1 does not know is answered with "not-supported". */
export function speaking201(point: Point, connection: Speaker, clock: Clock): Speaker {
  const context = {
    transactionName: (number: number) =>
      [...point.transactions.values()].find((one) => one.number === number)?.name ?? null,
    requestId: () => {
      point.requests += 1;
      // 32 bits of a counter that goes on after a restart of ours.
      return (Math.floor(clock.now_ms() / 1000) + point.requests) % 0x7f_ff_ff_ff;
    },
  };
  return {
    async call(action: string, payload: JsonObject): Promise<OcppCallReply> {
      const request = toV201(action, payload, context);
      if (request === null)
        return { ok: false, code: "not-supported", detail: `${action} has no counterpart in OCPP 2.0.1 here` };
      const reply = await connection.call(request.action, request.payload);
      return reply.ok ? { ok: true, payload: fromV201(action, reply.payload) } : reply;
    },
  };
}
