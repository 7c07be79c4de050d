import { connect } from "node:net";
import { createReconnectingLink, type ByteLink } from "./byte-link.ts";

const KEEP_ALIVE_ms = 10_000;
const CONNECT_TIMEOUT_ms = 5_000;

/** A TCP connection to a gateway or device: no Nagle delay, keep-alive, reconnecting by itself after `pauses_ms` (real). */
export function createTcpLink(
  address: { readonly host: string; readonly port: number },
  pauses_ms?: readonly number[],
): ByteLink {
  return createReconnectingLink(
    `${address.host}:${String(address.port)}`,
    (events) => {
      const socket = connect({ ...address, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_ms });
      const connecting = setTimeout(
        () => socket.destroy(new Error("connection attempt timed out")),
        CONNECT_TIMEOUT_ms,
      );
      let lastError = "connection closed";
      const closed = new Promise<void>((resolve) => {
        socket.once("close", () => {
          clearTimeout(connecting);
          resolve();
          events.down(lastError);
        });
      });
      socket.once("connect", () => {
        clearTimeout(connecting);
        events.up();
      });
      socket.on("data", events.data);
      socket.on("error", (error) => {
        lastError = error.message;
      });
      // A device that ends its side will not answer any more.
      socket.once("end", () => socket.destroy());
      return {
        write: (bytes) => {
          socket.write(bytes);
        },
        end: async () => {
          socket.destroy();
          await closed;
        },
      };
    },
    pauses_ms,
  );
}
