import { createSocket } from "node:dgram";
import type { MulticastLink, SerialLink } from "../../../core/site/index.ts";
import { createSerialLink } from "../../links/serial-link.ts";
import { listenTcp, type ServerConnection } from "../../links/tcp-server.ts";
import { opened } from "../opened.ts";
import { createNetworkFaults, GARBAGE, withGap, withWrongByte, type NetworkFaultSwitch } from "./faults.ts";

const LOOPBACK = "127.0.0.1";

export interface SimulatedPushMeter {
  /** TCP or UDP port spoken on; 0 where there is none. */
  readonly port: number;
  readonly faults: NetworkFaultSwitch;
  /** Says the telegram of this moment, as the fault in force allows. */
  speak(): void;
  close(): Promise<void>;
}

/** A meter's port behind a gateway that repeats every byte to all who listen. Rejects when the port is taken. */
export async function createTcpPushMeter(telegram: () => Uint8Array, port = 0): Promise<SimulatedPushMeter> {
  const listeners = new Set<ServerConnection>();
  const server = await listenTcp({ host: LOOPBACK, port }, (connection) => {
    listeners.add(connection);
    connection.onClose(() => listeners.delete(connection));
  });
  const write = (bytes: Uint8Array): void => {
    for (const listener of listeners) listener.write(bytes);
  };
  const hangUp = (): void => {
    for (const listener of listeners) listener.end();
  };
  return { port: server.port, ...createSpeech({ telegram, write, hangUp }), close: () => server.close() };
}

/** A meter at the other end of a serial line. Rejects when the port cannot be opened. */
export async function createSerialPushMeter(
  line: Omit<SerialLink, "id" | "kind">,
  telegram: () => Uint8Array,
): Promise<SimulatedPushMeter> {
  const link = createSerialLink(line);
  await opened(link);
  return { port: 0, ...createSpeech({ telegram, write: (bytes) => link.write(bytes) }), close: () => link.close() };
}

/** Meters that speak to a group on this machine alone: time to live 0, on the loopback interface. */
export async function createMulticastMeter(
  link: Pick<MulticastLink, "group" | "port">,
  telegram: () => Uint8Array,
): Promise<SimulatedPushMeter> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, LOOPBACK, () => {
      socket.off("error", reject);
      resolve();
    });
  });
  socket.setMulticastInterface(LOOPBACK);
  socket.setMulticastTTL(0);
  socket.setMulticastLoopback(true);
  let closed = false;
  const write = (bytes: Uint8Array): void => {
    if (!closed) socket.send(bytes, link.port, link.group, () => undefined);
  };
  return {
    port: link.port,
    ...createSpeech({ telegram, write, isWhole: true }),
    close: () =>
      new Promise((resolve) => {
        closed = true;
        socket.close(() => {
          resolve();
        });
      }),
  };
}

/** What is said in time, out of time, or not at all. */
function createSpeech(options: {
  readonly telegram: () => Uint8Array;
  readonly write: (bytes: Uint8Array) => unknown;
  readonly hangUp?: () => void;
  /** A datagram arrives as it was sent or not at all: its own check sum drops what is damaged. */
  readonly isWhole?: boolean;
}): Pick<SimulatedPushMeter, "faults" | "speak"> {
  const { telegram, write, hangUp = () => undefined, isWhole = false } = options;
  const faults = createNetworkFaults();
  let before: Uint8Array | null = null;
  return {
    faults,
    speak() {
      const fault = faults.next(0);
      const bytes = fault?.kind === "stale" && before !== null ? before : telegram();
      before = bytes;
      switch (fault?.kind) {
        case undefined:
        case "stale":
        // Nobody tells a meter anything, asks it by HTTP or reads more than its telegram.
        case "deaf":
        case "bad-json":
        case "status-500":
        case "wrong-auth":
        case "endless":
          write(bytes);
          break;
        case "drop":
        case "hang":
          break;
        case "reset":
          hangUp();
          break;
        case "delay":
        case "slow":
          setTimeout(() => write(bytes), fault.delay_ms).unref();
          break;
        case "half":
          write(bytes.subarray(0, Math.floor(bytes.length / 2)));
          break;
        case "gap":
          if (!isWhole) write(withGap(bytes));
          break;
        case "bad-crc":
          if (!isWhole) write(withWrongByte(bytes));
          break;
        case "garbage":
          write(GARBAGE);
          break;
      }
    },
  };
}
