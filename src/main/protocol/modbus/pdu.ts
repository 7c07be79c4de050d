import { assert } from "../../../core/units/index.ts";

// Modbus Application Protocol V1.1b3. Addresses are those of the wire, counted from 0.

/** Largest PDU: 253 bytes on both serial line and TCP (clause 4.1). */
export const PDU_BYTES_MAX = 253;
/** Largest reads and writes per request (clauses 6.1 to 6.12). */
export const READ_BITS_MAX = 2000;
export const READ_REGISTERS_MAX = 125;
export const WRITE_BITS_MAX = 1968;
export const WRITE_REGISTERS_MAX = 123;

export type ReadRequest = { readonly fc: 1 | 2 | 3 | 4; readonly address: number; readonly count: number };
export type WriteBits = { readonly fc: 15; readonly address: number; readonly bits: readonly boolean[] };
export type WriteRegisters = { readonly fc: 16; readonly address: number; readonly values: readonly number[] };
export type ModbusRequest =
  | ReadRequest
  | { readonly fc: 5; readonly address: number; readonly on: boolean }
  | { readonly fc: 6; readonly address: number; readonly value: number }
  | WriteBits
  | WriteRegisters;

export type ModbusReply =
  | { readonly kind: "bits"; readonly fc: 1 | 2; readonly bits: readonly boolean[] }
  | { readonly kind: "registers"; readonly fc: 3 | 4; readonly registers: readonly number[] }
  | { readonly kind: "written"; readonly fc: 5 | 6 | 15 | 16; readonly address: number }
  | { readonly kind: "exception"; readonly fc: number; readonly code: number };

export type DecodedRequest =
  | { readonly kind: "request"; readonly request: ModbusRequest }
  /** `code` is the exception the server answers: 1 unknown function, 3 malformed. */
  | { readonly kind: "bad-request"; readonly fc: number; readonly code: 1 | 3 };

export type DecodedReply = ModbusReply | { readonly kind: "mismatch"; readonly why: string };

/** What may still come for requests that were not answered in time, and would look like the answer to this one. */
export type StaleReplies = {
  /** Whole reply PDUs. */
  readonly pdus: readonly Uint8Array[];
  /** Exceptions of this function code too: they do not say which request they answer. */
  readonly exceptions: boolean;
};
export const NOTHING_STALE: StaleReplies = { pdus: [], exceptions: false };

/** Exception codes of clause 7. */
export const EXCEPTION = {
  illegalFunction: 1,
  illegalDataAddress: 2,
  illegalDataValue: 3,
  serverDeviceFailure: 4,
  acknowledge: 5,
  serverDeviceBusy: 6,
  gatewayPathUnavailable: 10,
  gatewayTargetFailed: 11,
} as const;

const word = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const bitBytes = (count: number): number => (count + 7) >>> 3;
const isWord = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 0xffff;

/** How many registers or bits the request touches. */
export function requestCount(request: ModbusRequest): number {
  switch (request.fc) {
    case 1:
    case 2:
    case 3:
    case 4:
      return request.count;
    case 5:
    case 6:
      return 1;
    case 15:
      return request.bits.length;
    case 16:
      return request.values.length;
  }
}

/** Bytes of the normal reply's PDU; an exception's is always 2. */
export function replyPduLength(request: ModbusRequest): number {
  switch (request.fc) {
    case 1:
    case 2:
      return 2 + bitBytes(request.count);
    case 3:
    case 4:
      return 2 + 2 * request.count;
    case 5:
    case 6:
    case 15:
    case 16:
      return 5;
  }
}

const COUNT_MAX = {
  1: READ_BITS_MAX,
  2: READ_BITS_MAX,
  3: READ_REGISTERS_MAX,
  4: READ_REGISTERS_MAX,
  5: 1,
  6: 1,
  15: WRITE_BITS_MAX,
  16: WRITE_REGISTERS_MAX,
};

/** The request's PDU. The caller keeps counts and addresses within the standard: a profile is checked when loaded. */
export function encodeRequest(request: ModbusRequest): Uint8Array {
  const count = requestCount(request);
  assert(count >= 1 && count <= COUNT_MAX[request.fc], "a Modbus request touches 1 to the standard's maximum");
  assert(isWord(request.address) && request.address + count <= 0x1_0000, "Modbus addresses fit 16 bits");
  switch (request.fc) {
    case 1:
    case 2:
    case 3:
    case 4:
      return head(request.fc, request.address, count);
    case 5:
      return head(5, request.address, request.on ? 0xff00 : 0);
    case 6:
      return head(6, request.address, checkedWord(request.value));
    case 15:
      return withData(head(15, request.address, count), packBits(request.bits));
    case 16:
      return withData(head(16, request.address, count), packWords(request.values));
  }
}

function checkedWord(value: number): number {
  assert(isWord(value), "a Modbus register holds 0 to 65535");
  return value;
}

const head = (fc: number, address: number, second: number): Uint8Array =>
  Uint8Array.of(fc, address >>> 8, address & 0xff, second >>> 8, second & 0xff);

function withData(start: Uint8Array, data: Uint8Array): Uint8Array {
  const pdu = new Uint8Array(start.length + 1 + data.length);
  pdu.set(start);
  pdu[start.length] = data.length;
  pdu.set(data, start.length + 1);
  return pdu;
}

function packBits(bits: readonly boolean[]): Uint8Array {
  const data = new Uint8Array(bitBytes(bits.length));
  bits.forEach((on, i) => {
    if (on) data[i >>> 3] = (data[i >>> 3] ?? 0) | (1 << (i & 7));
  });
  return data;
}

function packWords(values: readonly number[]): Uint8Array {
  const data = new Uint8Array(values.length * 2);
  const view = new DataView(data.buffer);
  values.forEach((value, i) => {
    view.setUint16(i * 2, checkedWord(value));
  });
  return data;
}

const unpackBits = (bytes: Uint8Array, start: number, count: number): boolean[] =>
  Array.from({ length: count }, (_, i) => (((bytes[start + (i >>> 3)] ?? 0) >>> (i & 7)) & 1) === 1);

const unpackWords = (bytes: Uint8Array, start: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => word(bytes, start + 2 * i));

/** Server side: a request PDU, or the exception that answers it. */
export function decodeRequest(pdu: Uint8Array): DecodedRequest {
  const fc = pdu[0] ?? 0;
  const bad = (code: 1 | 3): DecodedRequest => ({ kind: "bad-request", fc: fc & 0x7f, code });
  if (fc !== 1 && fc !== 2 && fc !== 3 && fc !== 4 && fc !== 5 && fc !== 6 && fc !== 15 && fc !== 16) return bad(1);
  if (pdu.length < 5) return bad(3);
  const address = word(pdu, 1);
  const second = word(pdu, 3);
  const got = (request: ModbusRequest): DecodedRequest => ({ kind: "request", request });
  if (fc === 5)
    return pdu.length === 5 && (second === 0 || second === 0xff00) ? got({ fc, address, on: second !== 0 }) : bad(3);
  if (fc === 6) return pdu.length === 5 ? got({ fc, address, value: second }) : bad(3);
  if (second < 1 || second > COUNT_MAX[fc] || address + second > 0x1_0000) return bad(3);
  if (fc === 15 || fc === 16) {
    const bytes = fc === 15 ? bitBytes(second) : 2 * second;
    if (pdu[5] !== bytes || pdu.length !== 6 + bytes) return bad(3);
    return fc === 15
      ? got({ fc, address, bits: unpackBits(pdu, 6, second) })
      : got({ fc, address, values: unpackWords(pdu, 6, second) });
  }
  return pdu.length === 5 ? got({ fc, address, count: second }) : bad(3);
}

/** Server side: the reply's PDU. `request` is repeated where the standard wants an echo. */
export function encodeReply(request: ModbusRequest, reply: ModbusReply): Uint8Array {
  switch (reply.kind) {
    case "exception":
      return Uint8Array.of(reply.fc | 0x80, reply.code & 0xff);
    case "bits":
      return withData(Uint8Array.of(reply.fc), packBits(reply.bits));
    case "registers":
      return withData(Uint8Array.of(reply.fc), packWords(reply.registers));
    case "written":
      return encodeRequest(request).slice(0, 5);
  }
}

/** Client side: what a reply PDU says to `request`. A reply to another question is a `mismatch`, never a value. */
export function decodeReply(request: ModbusRequest, pdu: Uint8Array): DecodedReply {
  const fc = pdu[0] ?? 0;
  const mismatch = (why: string): DecodedReply => ({ kind: "mismatch", why });
  if (fc === (request.fc | 0x80)) {
    return pdu.length === 2 ? { kind: "exception", fc: request.fc, code: pdu[1] ?? 0 } : mismatch("length");
  }
  if (fc !== request.fc) return mismatch("function code");
  if (pdu.length !== replyPduLength(request)) return mismatch("length");
  switch (request.fc) {
    case 1:
    case 2:
      if (pdu[1] !== pdu.length - 2) return mismatch("byte count");
      return { kind: "bits", fc: request.fc, bits: unpackBits(pdu, 2, request.count) };
    case 3:
    case 4:
      if (pdu[1] !== pdu.length - 2) return mismatch("byte count");
      return { kind: "registers", fc: request.fc, registers: unpackWords(pdu, 2, request.count) };
    case 5:
    case 6:
      // The value is not compared: some boxes answer with what they clamped it to. The driver reads it back.
      return word(pdu, 1) === request.address ? written(request) : mismatch("address");
    case 15:
    case 16:
      if (word(pdu, 1) !== request.address) return mismatch("address");
      return word(pdu, 3) === requestCount(request) ? written(request) : mismatch("count");
  }
}

/** Whether `pdu` may be the late reply to an older request. */
export const mayBeStale = (pdu: Uint8Array, { pdus, exceptions }: StaleReplies): boolean =>
  (exceptions && (pdu[0] ?? 0) >= 0x80) ||
  pdus.some((old) => old.length === pdu.length && old.every((byte, i) => byte === pdu[i]));

const written = (request: { fc: 5 | 6 | 15 | 16; address: number }): DecodedReply => ({
  kind: "written",
  fc: request.fc,
  address: request.address,
});
