import { connect, type Socket } from "node:net";
import { createReconnectingLink, type ByteLink } from "./byte-link.ts";

const KEEP_ALIVE_ms = 10_000;
const CONNECT_TIMEOUT_ms = 5_000;
/** A serial line behind a gateway brings 12 kB/s at most, a device that is asked less than this: more is a fault of it. */
const BYTES_PER_MS_max = 256;
/** So much may come at once before it is slowed down. */
const BURST_BYTES = 256_000;

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
          flow.end();
          resolve();
          events.down(lastError);
        });
      });
      socket.once("connect", () => {
        clearTimeout(connecting);
        events.up();
      });
      const flow = boundFlow(socket);
      socket.on("data", (bytes: Uint8Array) => {
        events.data(bytes);
        flow.took(bytes.length);
      });
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

/**
 * Reads no faster than a device has reason to speak: one that pours out bytes has to wait (TCP holds them back at its end)
 * and does not take the time of all others. Nothing is lost.
 */
function boundFlow(socket: Socket): { readonly took: (bytes: number) => void; readonly end: () => void } {
  let owed = 0;
  let at_ms = performance.now();
  let rest: NodeJS.Timeout | null = null;
  return {
    took(bytes) {
      const now_ms = performance.now();
      owed = Math.max(0, owed - (now_ms - at_ms) * BYTES_PER_MS_max) + bytes;
      at_ms = now_ms;
      if (owed <= BURST_BYTES || rest !== null) return;
      socket.pause();
      rest = setTimeout(
        () => {
          rest = null;
          socket.resume();
        },
        (owed - BURST_BYTES) / BYTES_PER_MS_max,
      );
    },
    end() {
      if (rest !== null) clearTimeout(rest);
    },
  };
}
