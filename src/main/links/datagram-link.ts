import { createSocket } from "node:dgram";
import { createReconnectingLink, type ByteLink } from "./byte-link.ts";
import { resolveHost } from "./udp-socket.ts";

/**
 * Datagrams to one device and back, as a byte link: each carries one whole frame. Only what comes from that address and
 * port is heard. A host without a name, and a refusal by it, count as the line being down; `pauses_ms` (real) replace
 * the usual pauses between attempts.
 */
export function createDatagramLink(
  { host, port }: { readonly host: string; readonly port: number },
  pauses_ms?: readonly number[],
): ByteLink {
  return createReconnectingLink(
    `udp ${host}:${String(port)}`,
    (events) => {
      const socket = createSocket("udp4");
      let isClosed = false;
      const closed = new Promise<void>((resolve) => {
        socket.once("close", resolve);
      });
      const close = (): void => {
        if (isClosed) return;
        isClosed = true;
        socket.close();
      };
      socket.on("message", (bytes: Uint8Array) => {
        events.data(bytes);
      });
      socket.on("error", (error) => {
        events.down(error.message);
      });
      void resolveHost(host).then((address) => {
        if (isClosed) return;
        if (address === null) events.down(`no address known for ${host}`);
        else socket.connect(port, address, events.up);
      });
      return {
        write: (bytes) => {
          socket.send(bytes, (error) => {
            if (error !== null) events.down(error.message);
          });
        },
        end: async () => {
          close();
          await closed;
        },
      };
    },
    pauses_ms,
  );
}
