/** One measured value of a telegram, in the meter's own steps: 0.1 W, 1 Ws, 1 mA, 1 mV … */
export type SpeedwireValue = {
  /** 1 import, 2 export, 21 … 29, 41 … 49, 61 … 69 the same per phase; 31/51/71 current, 32/52/72 voltage. */
  readonly channel: number;
  /** 4 present value, 8 counter. */
  readonly type: 4 | 8;
  /** `null` where a counter is larger than a number keeps exactly. */
  readonly raw: number | null;
};
export type SpeedwireTelegram = {
  readonly susyId: number;
  readonly serial: number;
  /** Milliseconds of the meter's own clock, overflowing. */
  readonly ticker_ms: number;
  readonly values: readonly SpeedwireValue[];
};
export type SpeedwireResult =
  | { readonly kind: "telegram"; readonly telegram: SpeedwireTelegram }
  /** Something else that is said on the same group, such as inverters greeting each other. */
  | { readonly kind: "other" }
  | { readonly kind: "malformed" };

const MAGIC = [0x53, 0x4d, 0x41, 0x00];
const PROTOCOL_ENERGY_METER = 0x6069;
const HEADER = 28;
const LENGTH_AT = 12;
/** The length field counts from the protocol id on. */
const LENGTH_FROM = 16;
const SOFTWARE_VERSION = 144;
/** A telegram of all values has 608 bytes. */
const BYTES_MAX = 1_500;

/** Decodes one datagram of an SMA Energy Meter or Sunny Home Manager. All of it or nothing; never throws. */
export function decodeSpeedwire(bytes: Uint8Array): SpeedwireResult {
  const isSma = bytes.length >= HEADER && MAGIC.every((byte, index) => bytes[index] === byte);
  if (!isSma || bytes.length > BYTES_MAX) return { kind: "other" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(16) !== PROTOCOL_ENERGY_METER) return { kind: "other" };
  const end = LENGTH_FROM + view.getUint16(LENGTH_AT);
  if (end < HEADER || end > bytes.length) return { kind: "malformed" };
  const values = readValues(view, end);
  if (values === null) return { kind: "malformed" };
  const telegram = {
    susyId: view.getUint16(18),
    serial: view.getUint32(20),
    ticker_ms: view.getUint32(24),
    values,
  };
  return { kind: "telegram", telegram };
}

function readValues(view: DataView, end: number): SpeedwireValue[] | null {
  const values: SpeedwireValue[] = [];
  let at = HEADER;
  while (at < end) {
    if (at + 4 > end) return null;
    const [medium, channel, type, tariff] = [0, 1, 2, 3].map((i) => view.getUint8(at + i));
    at += 4;
    if (medium === SOFTWARE_VERSION) {
      at += 4;
      continue;
    }
    const size = type === 4 || type === 8 ? type : null;
    if (channel === undefined || medium !== 0 || tariff !== 0 || size === null || at + size > end) return null;
    values.push({ channel, type: size, raw: size === 4 ? view.getUint32(at) : exact(view.getBigUint64(at)) });
    at += size;
  }
  return at === end ? values : null;
}

function exact(value: bigint): number | null {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null;
}

/** The opposite way: what a meter sends. */
export function encodeSpeedwire(telegram: SpeedwireTelegram): Uint8Array {
  const size = telegram.values.reduce((sum, { type }) => sum + 4 + type, 0);
  const end = HEADER + size + 8;
  // Four bytes follow that say: nothing follows.
  const bytes = new Uint8Array(end + 4);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  bytes.set([0x00, 0x04, 0x02, 0xa0, 0x00, 0x00, 0x00, 0x01], 4);
  view.setUint16(LENGTH_AT, end - LENGTH_FROM);
  view.setUint16(14, 0x0010);
  view.setUint16(16, PROTOCOL_ENERGY_METER);
  view.setUint16(18, telegram.susyId);
  view.setUint32(20, telegram.serial);
  view.setUint32(24, telegram.ticker_ms);
  let at = HEADER;
  for (const { channel, type, raw } of telegram.values) {
    bytes.set([0, channel, type, 0], at);
    if (type === 4) view.setUint32(at + 4, raw ?? 0);
    else view.setBigUint64(at + 4, BigInt(raw ?? 0));
    at += 4 + type;
  }
  bytes.set([SOFTWARE_VERSION, 0, 0, 0, 2, 0, 18, 0x52], at);
  return bytes;
}
