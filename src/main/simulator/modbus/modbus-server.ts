import type { SerialLine } from "../../../core/site/index.ts";
import { createSerialLink, type SerialSettings } from "../../links/serial-link.ts";
import { listenTcp, type TcpServer } from "../../links/tcp-server.ts";
import {
  createAsciiRequestReceiver,
  createMbapReceiver,
  createRtuRequestReceiver,
  decodeRequest,
  encodeAscii,
  encodeMbap,
  encodeReply,
  encodeRtu,
  type ModbusReply,
  type RtuRequest,
  type RtuRequestReceiver,
} from "../../protocol/modbus/index.ts";
import { createFaultSwitch } from "../fault-switch.ts";
import { opened } from "../opened.ts";
import type { Fault, ModbusFaultSwitch } from "./faults.ts";
import type { RegisterBank } from "./register-bank.ts";
import { onUart, type UartTiming } from "./uart-line.ts";

export type ServerTransport =
  | { readonly kind: "tcp"; readonly port: number; readonly framing: "rtu" | "ascii" | "mbap"; readonly host?: string }
  /** With 7 data bits the line speaks ASCII: RTU needs 8. */
  | ({ readonly kind: "serial"; readonly path: string } & SerialLine);

export interface ModbusServer {
  /** TCP port listened on; 0 on a serial line. */
  readonly port: number;
  readonly faults: ModbusFaultSwitch;
  /** Requests understood so far, all units together. */
  readonly requests: number;
  close(): Promise<void>;
}

/** An unfinished request is given up after this much silence, in real milliseconds. */
const SILENCE_ms = 200;
const LOOPBACK = "127.0.0.1";

/** A connection or a serial line. */
interface Channel {
  write(bytes: Uint8Array): unknown;
  onData(listener: (bytes: Uint8Array) => void): void;
  /** Absent where there is nothing to hang up. */
  end?(): void;
}
type Wrap = (unitId: number, pdu: Uint8Array) => Uint8Array;

/**
 * Answers real frames for the given units, as a gateway with devices behind it does. Units that are not in the map stay
 * silent; the map may change while the server runs.
 */
export async function createModbusServer(options: {
  readonly transport: ServerTransport;
  readonly units: ReadonlyMap<number, RegisterBank>;
  readonly faults?: ModbusFaultSwitch;
  /** Real milliseconds a device takes before it answers. */
  readonly turnaround_ms?: number;
  /** Each connection is as slow as a line with these settings; sockets and ptys have no character times of their own. */
  readonly uart?: UartTiming;
}): Promise<ModbusServer> {
  const { transport, units, faults = createFaultSwitch<Fault>(), turnaround_ms = 0, uart } = options;
  const responder = new Responder(units, faults, turnaround_ms);
  const serve = servers[framingOf(transport)];
  const listening = await (transport.kind === "tcp"
    ? listenTcp({ host: transport.host ?? LOOPBACK, port: transport.port }, (connection) => {
        serve(uart === undefined ? connection : onUart(connection, uart), responder);
      })
    : openSerial(transport, responder, serve));
  return {
    port: listening.port,
    faults,
    get requests() {
      return responder.requests;
    },
    close: async () => {
      responder.closed = true;
      await listening.close();
    },
  };
}

const framingOf = (transport: ServerTransport): "rtu" | "ascii" | "mbap" => {
  if (transport.kind === "tcp") return transport.framing;
  return transport.dataBits === 7 ? "ascii" : "rtu";
};

async function openSerial(
  settings: SerialSettings,
  responder: Responder,
  serve: (channel: Channel, responder: Responder) => void,
): Promise<Pick<TcpServer, "port" | "close">> {
  const link = createSerialLink(settings);
  serve(link, responder);
  await opened(link);
  return { port: 0, close: () => link.close() };
}

/** A request with the ways to wrap its answer: rightly, and as the fault `bad-crc` would. */
type Asked = {
  readonly unitId: number;
  readonly pdu: Uint8Array;
  readonly bytes: Uint8Array;
  readonly wrap: Wrap;
  readonly spoil: Wrap;
};

class Responder {
  requests = 0;
  closed = false;
  readonly #units: ReadonlyMap<number, RegisterBank>;
  readonly #faults: ModbusFaultSwitch;
  readonly #turnaround_ms: number;
  /** The last good answer of each connection, for the fault that repeats it. */
  readonly #last = new WeakMap<Channel, Uint8Array>();

  constructor(units: ReadonlyMap<number, RegisterBank>, faults: ModbusFaultSwitch, turnaround_ms: number) {
    this.#units = units;
    this.#faults = faults;
    this.#turnaround_ms = turnaround_ms;
  }

  respond(channel: Channel, asked: Asked): void {
    const bank = this.#units.get(asked.unitId);
    if (bank === undefined) return;
    this.requests += 1;
    const fault = this.#faults.next(asked.unitId);
    const pdu = replyPdu(bank, asked.pdu, fault);
    if (fault?.kind === "reset") {
      channel.end?.();
      return;
    }
    const stale = fault?.kind === "stale" ? this.#last.get(channel) : undefined;
    const answers = stale === undefined ? damaged(fault, pdu, asked) : [stale];
    if (stale === undefined) this.#last.set(channel, asked.wrap(asked.unitId, pdu));
    const send = (): void => {
      if (!this.closed) for (const bytes of answers) channel.write(bytes);
    };
    const delay_ms = this.#turnaround_ms + (fault?.kind === "delay" ? fault.delay_ms : 0);
    if (delay_ms > 0) setTimeout(send, delay_ms);
    else send();
  }
}

/** How a line's frames are found and wrapped; `spoil` breaks the check sum. */
type LineFraming = { readonly receiver: () => RtuRequestReceiver; readonly wrap: Wrap; readonly spoil: Wrap };
const RTU: LineFraming = {
  receiver: createRtuRequestReceiver,
  wrap: encodeRtu,
  spoil: (unitId, pdu) => {
    const frame = encodeRtu(unitId, pdu);
    const last = frame.length - 1;
    frame[last] = (frame[last] ?? 0) ^ 0xff;
    return frame;
  },
};
const ASCII: LineFraming = {
  receiver: createAsciiRequestReceiver,
  wrap: encodeAscii,
  spoil: (unitId, pdu) => {
    const frame = encodeAscii(unitId, pdu);
    const lrcAt = frame.length - 3;
    frame[lrcAt] = frame[lrcAt] === ZERO ? ZERO + 1 : ZERO;
    return frame;
  },
};
const ZERO = 0x30;

function serveLine(channel: Channel, responder: Responder, { receiver, wrap, spoil }: LineFraming): void {
  const requests = receiver();
  let silence: NodeJS.Timeout | null = null;
  const answerAll = (found: readonly RtuRequest[]): void => {
    for (const { unitId, pdu } of found) {
      responder.respond(channel, { unitId, pdu, bytes: wrap(unitId, pdu), wrap, spoil });
    }
  };
  channel.onData((bytes) => {
    if (silence !== null) clearTimeout(silence);
    answerAll(requests.push(bytes));
    silence = setTimeout(() => {
      answerAll(requests.finish());
    }, SILENCE_ms);
    silence.unref();
  });
}

function serveMbap(channel: Channel, responder: Responder): void {
  const receiver = createMbapReceiver();
  channel.onData((bytes) => {
    for (const frame of receiver.push(bytes).frames) {
      const wrapAs =
        (transactionId: number): Wrap =>
        (unitId, pdu) =>
          encodeMbap({ transactionId, unitId, pdu });
      const { transactionId, unitId, pdu } = frame;
      const spoil = wrapAs(transactionId + 0x8000);
      responder.respond(channel, { unitId, pdu, bytes: encodeMbap(frame), wrap: wrapAs(transactionId), spoil });
    }
  });
}

const servers: Readonly<Record<"rtu" | "ascii" | "mbap", (channel: Channel, responder: Responder) => void>> = {
  rtu: (channel, responder) => {
    serveLine(channel, responder, RTU);
  },
  ascii: (channel, responder) => {
    serveLine(channel, responder, ASCII);
  },
  mbap: serveMbap,
};

function replyPdu(bank: RegisterBank, requestPdu: Uint8Array, fault: Fault | null): Uint8Array {
  const decoded = decodeRequest(requestPdu);
  if (decoded.kind === "bad-request") return Uint8Array.of(decoded.fc | 0x80, decoded.code);
  const { request } = decoded;
  const reply: ModbusReply =
    fault?.kind === "exception" ? { kind: "exception", fc: request.fc, code: fault.code } : bank.answer(request);
  return encodeReply(request, reply);
}

/** Neither a frame nor the beginning of one: no length or check sum in it holds. */
const GARBAGE = Uint8Array.from({ length: 23 }, (_, i) => (i * 73 + 41) & 0xff);
/** Bytes no frame begins with: unit ids 248 to 255 are reserved, and none of them is a colon. */
const NOISE = Uint8Array.of(0xff, 0xfe, 0xfd);

function damaged(fault: Fault | null, pdu: Uint8Array, asked: Asked): readonly Uint8Array[] {
  const { unitId, wrap, spoil } = asked;
  const good = wrap(unitId, pdu);
  switch (fault?.kind) {
    case undefined:
    case "delay":
    case "exception":
    case "stale":
      return [good];
    case "drop":
    case "reset":
      return [];
    case "garbage":
      return [GARBAGE];
    case "bad-crc":
      return [spoil(unitId, pdu)];
    case "wrong-unit":
      return [wrap(unitId === 1 ? 2 : 1, pdu)];
    case "half-frame":
      return [good.subarray(0, Math.ceil(good.length / 2))];
    case "noise-before":
      return [joined(NOISE, good)];
    case "echo":
      return [asked.bytes, good];
    case "echo-only":
      return [asked.bytes];
    case "joined":
      return [joined(good, good)];
  }
}

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => Uint8Array.from([...a, ...b]);
