import type { SerialLine } from "../../../core/site/index.ts";
import { createSerialLink } from "../../links/serial-link.ts";
import { listenTcp, type ServerConnection } from "../../links/tcp-server.ts";
import {
  createMbapReceiver, createRtuRequestReceiver, decodeRequest, encodeMbap, encodeReply, encodeRtu, type ModbusReply,
} from "../../protocol/modbus/index.ts";
import { createFaultSwitch, type Fault, type FaultSwitch } from "./faults.ts";
import type { RegisterBank } from "./register-bank.ts";

export type ServerTransport =
  | { readonly kind: "tcp"; readonly port: number; readonly framing: "rtu" | "mbap"; readonly host?: string }
  | ({ readonly kind: "serial"; readonly path: string } & SerialLine);

export interface ModbusServer {
  /** TCP port listened on; 0 on a serial line. */
  readonly port: number;
  readonly faults: FaultSwitch;
  /** Requests understood so far, all units together. */
  readonly requests: number;
  close(): Promise<void>;
}

/** An unfinished request is given up after this much silence, in real milliseconds. */
const SILENCE_ms = 200;
const LOOPBACK = "127.0.0.1";

type Channel = { readonly write: (bytes: Uint8Array) => void; readonly onData: (listener: (bytes: Uint8Array) => void) => void };
type Wrap = (unitId: number, pdu: Uint8Array) => Uint8Array;

/**
 * Answers real frames for the given units, as a gateway with devices behind it does. Units that are not in the map stay
 * silent; the map may change while the server runs.
 */
export async function createModbusServer(options: {
  readonly transport: ServerTransport;
  readonly units: ReadonlyMap<number, RegisterBank>;
  readonly faults?: FaultSwitch;
  /** Real milliseconds a device takes before it answers. */
  readonly turnaround_ms?: number;
}): Promise<ModbusServer> {
  const { transport, units, faults = createFaultSwitch(), turnaround_ms = 0 } = options;
  let requests = 0;
  let closed = false;

  const respond = (channel: Channel, wrap: Wrap, staleWrap: Wrap, unitId: number, requestPdu: Uint8Array, asked: Uint8Array): void => {
    const bank = units.get(unitId);
    if (bank === undefined) return;
    requests += 1;
    const fault = faults.next(unitId);
    const pdu = replyPdu(bank, requestPdu, fault);
    const send = (): void => {
      if (!closed) for (const bytes of damaged(fault, { unitId, pdu, wrap, staleWrap, asked })) channel.write(bytes);
    };
    const delay_ms = turnaround_ms + (fault?.kind === "delay" ? fault.delay_ms : 0);
    if (delay_ms > 0) setTimeout(send, delay_ms);
    else send();
  };

  const serveRtu = (channel: Channel): void => {
    const receiver = createRtuRequestReceiver();
    let silence: NodeJS.Timeout | null = null;
    const answerAll = (found: ReturnType<typeof receiver.finish>): void => {
      for (const { unitId, pdu } of found) respond(channel, encodeRtu, spoiltRtu, unitId, pdu, encodeRtu(unitId, pdu));
    };
    channel.onData((bytes) => {
      if (silence !== null) clearTimeout(silence);
      answerAll(receiver.push(bytes));
      silence = setTimeout(() => {
        answerAll(receiver.finish());
      }, SILENCE_ms);
      silence.unref();
    });
  };

  const serveMbap = (channel: Channel): void => {
    const receiver = createMbapReceiver();
    channel.onData((bytes) => {
      for (const { transactionId, unitId, pdu } of receiver.push(bytes).frames) {
        const wrap = (id: number) => (unit: number, body: Uint8Array) => encodeMbap({ transactionId: id, unitId: unit, pdu: body });
        respond(channel, wrap(transactionId), wrap(transactionId + 0x8000), unitId, pdu, encodeMbap({ transactionId, unitId, pdu }));
      }
    });
  };

  const finish = (listening: { readonly port: number; close: () => Promise<void> }): ModbusServer => ({
    port: listening.port,
    faults,
    get requests() {
      return requests;
    },
    close: async () => {
      closed = true;
      await listening.close();
    },
  });

  if (transport.kind === "tcp") {
    const serve = transport.framing === "rtu" ? serveRtu : serveMbap;
    const server = await listenTcp({ host: transport.host ?? LOOPBACK, port: transport.port }, (connection: ServerConnection) => {
      serve({ write: (bytes) => { connection.write(bytes); }, onData: (listener) => { connection.onData(listener); } });
    });
    return finish(server);
  }
  const link = createSerialLink(transport);
  serveRtu({ write: (bytes) => void link.write(bytes), onData: (listener) => { link.onData(listener); } });
  const up = new Promise<void>((resolve) => {
    link.onState((state) => {
      if (state.kind === "up") resolve();
    });
  });
  link.open();
  await up;
  return finish({ port: 0, close: () => link.close() });
}

function replyPdu(bank: RegisterBank, requestPdu: Uint8Array, fault: Fault | null): Uint8Array {
  const decoded = decodeRequest(requestPdu);
  if (decoded.kind === "bad-request") return Uint8Array.of(decoded.fc | 0x80, decoded.code);
  const { request } = decoded;
  const reply: ModbusReply = fault?.kind === "exception" ? { kind: "exception", fc: request.fc, code: fault.code } : bank.answer(request);
  return encodeReply(request, reply);
}

const spoiltRtu: Wrap = (unitId, pdu) => {
  const frame = encodeRtu(unitId, pdu);
  const last = frame.length - 1;
  frame[last] = (frame[last] ?? 0) ^ 0xff;
  return frame;
};

/** Bytes no frame begins with: unit ids 248 to 255 are reserved. */
const NOISE = Uint8Array.of(0xff, 0xfe, 0xfd);

function damaged(
  fault: Fault | null,
  what: { readonly unitId: number; readonly pdu: Uint8Array; readonly wrap: Wrap; readonly staleWrap: Wrap; readonly asked: Uint8Array },
): readonly Uint8Array[] {
  const { unitId, pdu, wrap, staleWrap, asked } = what;
  const good = wrap(unitId, pdu);
  switch (fault?.kind) {
    case undefined:
    case "delay":
    case "exception":
      return [good];
    case "drop":
      return [];
    case "bad-crc":
      return [staleWrap(unitId, pdu)];
    case "wrong-unit":
      return [wrap(unitId === 1 ? 2 : 1, pdu)];
    case "half-frame":
      return [good.subarray(0, Math.ceil(good.length / 2))];
    case "noise-before":
      return [joined(NOISE, good)];
    case "echo":
      return [asked, good];
    case "echo-only":
      return [asked];
    case "joined":
      return [joined(good, good)];
  }
}

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => Uint8Array.from([...a, ...b]);

