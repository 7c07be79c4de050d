import { createSocket } from "node:dgram";
import { createMbapReceiver, decodeRequest, encodeMbap, encodeReply } from "../../../src/main/protocol/modbus/index.ts";
import type { RegisterBank } from "../../../src/main/simulator/modbus/index.ts";

export type UdpServer = {
  readonly port: number;
  /** How many of the next answers are lost on the way. */
  readonly lose: (answers: number) => void;
  readonly close: () => Promise<void>;
};

/** A device that answers Modbus in datagrams: one frame each, as on TCP. */
export async function createUdpServer(units: ReadonlyMap<number, RegisterBank>): Promise<UdpServer> {
  const socket = createSocket("udp4");
  let lost = 0;
  socket.on("message", (bytes, from) => {
    for (const { unitId, transactionId, pdu } of createMbapReceiver().push(bytes).frames) {
      const request = decodeRequest(pdu);
      const bank = units.get(unitId);
      if (bank === undefined || request.kind === "bad-request") continue;
      const reply = encodeReply(request.request, bank.answer(request.request));
      lost -= 1;
      if (lost < 0) socket.send(encodeMbap({ transactionId, unitId, pdu: reply }), from.port, from.address);
    }
  });
  await new Promise<void>((resolve) => {
    socket.bind(0, "127.0.0.1", resolve);
  });
  return {
    port: socket.address().port,
    lose: (answers) => {
      lost = answers;
    },
    close: () =>
      new Promise((resolve) => {
        socket.close(() => {
          resolve();
        });
      }),
  };
}
