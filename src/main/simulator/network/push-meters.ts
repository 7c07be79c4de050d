import { createSocket } from "node:dgram";
import type { MulticastLink, SerialLink } from "../../../core/site/index.ts";
import { createSerialLink } from "../../links/serial-link.ts";
import { listenTcp, type ServerConnection } from "../../links/tcp-server.ts";
import { GARBAGE, type NetworkFaultSwitch } from "./faults.ts";

const LOOPBACK = "127.0.0.1";

export interface SimulatedPushMeter {
  /** TCP port listened on; 0 where there is none. */
  readonly port: number;
  readonly faults: NetworkFaultSwitch;
  /** Says the telegram of this moment, as the fault in force allows. */
  speak(): void;
  close(): Promise<void>;
}

/** A meter's port behind a gateway that repeats every byte to all who listen. */
export async function createTcpPushMeter(telegram: () => Uint8Array): Promise<SimulatedPushMeter> {
  const listeners = new Set<ServerConnection>();
  const server = await listenTcp({ host: LOOPBACK, port: 0 }, (connection) => {
    listeners.add(connection);
    connection.onClose(() => listeners.delete(connection));
  });
  const faults: NetworkFaultSwitch = { current: null };
  return {
    port: server.port,
    faults,
    speak: () => {
      const bytes = faulty(telegram(), faults);
      if (bytes !== null) for (const listener of listeners) listener.write(bytes);
    },
    close: () => server.close(),
  };
}

/** A meter at the other end of a serial line. */
export function createSerialPushMeter(
  line: Omit<SerialLink, "id" | "kind">,
  telegram: () => Uint8Array,
): SimulatedPushMeter {
  const link = createSerialLink(line);
  const faults: NetworkFaultSwitch = { current: null };
  link.open();
  return {
    port: 0,
    faults,
    speak: () => {
      const bytes = faulty(telegram(), faults);
      if (bytes !== null) link.write(bytes);
    },
    close: () => link.close(),
  };
}

/** A meter that speaks to a group on this machine alone: time to live 0, on the loopback interface. */
export async function createMulticastMeter(
  link: Pick<MulticastLink, "group" | "port">,
  telegram: () => Uint8Array,
): Promise<SimulatedPushMeter> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, LOOPBACK, resolve);
  });
  socket.setMulticastInterface(LOOPBACK);
  socket.setMulticastTTL(0);
  socket.setMulticastLoopback(true);
  const faults: NetworkFaultSwitch = { current: null };
  return {
    port: 0,
    faults,
    speak: () => {
      const bytes = faulty(telegram(), faults);
      if (bytes !== null) socket.send(bytes, link.port, link.group, () => undefined);
    },
    close: () =>
      new Promise((resolve) => {
        socket.close(() => {
          resolve();
        });
      }),
  };
}

/** What goes out instead; `null`: nothing. */
function faulty(bytes: Uint8Array, { current }: NetworkFaultSwitch): Uint8Array | null {
  switch (current?.kind) {
    case "drop":
      return null;
    case "half":
      return bytes.subarray(0, Math.floor(bytes.length / 2));
    case "garbage":
      return GARBAGE;
    default:
      return bytes;
  }
}
