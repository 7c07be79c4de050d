import { createSocket } from "node:dgram";
import { createNetworkFaults, GARBAGE, type NetworkFault, type NetworkFaultSwitch } from "./faults.ts";
import { createKebaUnit, type KebaUnit, type KebaUnitOptions } from "./keba-unit.ts";

export interface KebaServer {
  readonly port: number;
  readonly faults: NetworkFaultSwitch;
  close(): Promise<void>;
}
export interface KebaBox extends KebaServer {
  readonly commands: readonly string[];
  readonly offered_mA: number;
}

const LOOPBACK = "127.0.0.1";

/** A KEBA box on UDP, with its watchdog. */
export async function createKebaBox(
  options: KebaUnitOptions & { readonly address?: string; readonly port?: number },
): Promise<KebaBox> {
  const unit = createKebaUnit(options);
  const server = await createKebaServer({ ...options, unit });
  return {
    port: server.port,
    faults: server.faults,
    commands: unit.commands,
    get offered_mA() {
      return unit.offered_mA;
    },
    close: () => server.close(),
  };
}

/** Listens on loopback and answers whoever asks, at the port that asked. Rejects when the port is taken. */
export async function createKebaServer(options: {
  readonly unit: KebaUnit;
  readonly address?: string;
  readonly port?: number;
}): Promise<KebaServer> {
  const faults = createNetworkFaults();
  let before: string | null = null;
  let closed = false;
  const socket = createSocket("udp4");
  socket.on("message", (bytes, from) => {
    const fault = faults.next(0);
    const text = options.unit.answer(Buffer.from(bytes).toString("latin1"), fault?.kind === "deaf");
    // An answer from before is the answer to another question.
    const answer = damaged(fault?.kind === "stale" ? (before ?? text) : text, fault);
    before = text;
    if (answer === null) return;
    const send = (): void => {
      if (!closed) socket.send(answer, from.port, from.address, () => undefined);
    };
    if (fault?.kind === "delay" || fault?.kind === "slow") setTimeout(send, fault.delay_ms).unref();
    else send();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(options.port ?? 0, options.address ?? LOOPBACK, () => {
      socket.off("error", reject);
      // What cannot be delivered to a client that has gone is nobody's business.
      socket.on("error", () => undefined);
      resolve();
    });
  });
  return {
    port: socket.address().port,
    faults,
    close: () =>
      new Promise((resolve) => {
        closed = true;
        socket.close(() => {
          resolve();
        });
      }),
  };
}

/** What goes out instead; `null`: nothing. Faults of connections and web servers mean silence here. */
function damaged(text: string, fault: NetworkFault | null): Uint8Array | null {
  const bytes = Buffer.from(text, "latin1");
  switch (fault?.kind) {
    case undefined:
    case "delay":
    case "slow":
    case "stale":
    case "deaf":
      return bytes;
    case "half":
      return bytes.subarray(0, bytes.length / 2);
    case "bad-json":
      return bytes.subarray(0, -1);
    case "garbage":
      return GARBAGE;
    case "drop":
    case "hang":
    // A datagram arrives as it was sent or not at all: its own check sum drops what is damaged.
    case "gap":
    case "bad-crc":
    case "reset":
    case "status-500":
    case "wrong-auth":
    case "endless":
      return null;
  }
}
