import { assert } from "../../../core/units/index.ts";

/** Types a register value may have; 32 and 64 bits span 2 and 4 registers. */
export type NumberType = "u16" | "s16" | "u32" | "s32" | "u64" | "s64" | "f32" | "f64";
/** Order of the 16-bit words of a value: most or least significant first. Modbus itself says nothing. */
export type WordOrder = "msw" | "lsw";

export const registersOf = (type: NumberType): 1 | 2 | 4 =>
  type === "u16" || type === "s16" ? 1 : type === "u64" || type === "s64" || type === "f64" ? 4 : 2;

function viewOf(registers: readonly number[], order: WordOrder): DataView {
  const view = new DataView(new ArrayBuffer(registers.length * 2));
  registers.forEach((word, i) => {
    view.setUint16((order === "msw" ? i : registers.length - 1 - i) * 2, word);
  });
  return view;
}

/** The number in `registers`; `null` for NaN, infinity, too few registers and 64-bit values beyond 2^53. */
export function decodeNumber(registers: readonly number[], type: NumberType, order: WordOrder): number | null {
  if (registers.length !== registersOf(type)) return null;
  const view = viewOf(registers, order);
  switch (type) {
    case "u16":
      return view.getUint16(0);
    case "s16":
      return view.getInt16(0);
    case "u32":
      return view.getUint32(0);
    case "s32":
      return view.getInt32(0);
    case "u64":
      return safe(view.getBigUint64(0));
    case "s64":
      return safe(view.getBigInt64(0));
    case "f32":
      return finite(view.getFloat32(0));
    case "f64":
      return finite(view.getFloat64(0));
  }
}

const safe = (value: bigint): number | null =>
  value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? Number(value) : null;
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Smallest and largest raw value of the integer types. */
export function integerRange(type: NumberType): readonly [number, number] | null {
  switch (type) {
    case "u16":
      return [0, 0xffff];
    case "s16":
      return [-0x8000, 0x7fff];
    case "u32":
      return [0, 0xffff_ffff];
    case "s32":
      return [-0x8000_0000, 0x7fff_ffff];
    case "u64":
      return [0, Number.MAX_SAFE_INTEGER];
    case "s64":
      return [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
    case "f32":
    case "f64":
      return null;
  }
}

/** Registers that carry `value`; integer types need a whole number in range (checked by the caller's limits). */
export function encodeNumber(value: number, type: NumberType, order: WordOrder): readonly number[] {
  const range = integerRange(type);
  assert(
    range === null || (Number.isInteger(value) && value >= range[0] && value <= range[1]),
    `${type} holds ${String(value)}`,
  );
  const count = registersOf(type);
  const view = new DataView(new ArrayBuffer(count * 2));
  writeTo(view, value, type);
  const words = Array.from({ length: count }, (_, i) => view.getUint16(i * 2));
  return order === "msw" ? words : words.reverse();
}

function writeTo(view: DataView, value: number, type: NumberType): void {
  switch (type) {
    case "u16":
      return view.setUint16(0, value);
    case "s16":
      return view.setInt16(0, value);
    case "u32":
      return view.setUint32(0, value);
    case "s32":
      return view.setInt32(0, value);
    case "u64":
      return view.setBigUint64(0, BigInt(value));
    case "s64":
      return view.setBigInt64(0, BigInt(value));
    case "f32":
      return view.setFloat32(0, value);
    case "f64":
      return view.setFloat64(0, value);
  }
}

/** Text of consecutive registers, high byte first, up to the first NUL; outer blanks removed. */
export function decodeText(registers: readonly number[]): string {
  const codes = registers.flatMap((word) => [word >>> 8, word & 0xff]);
  const end = codes.indexOf(0);
  return String.fromCharCode(...(end < 0 ? codes : codes.slice(0, end))).trim();
}

/** `count` registers holding the Latin-1 text, padded with NUL. */
export const encodeText = (text: string, count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => (byteAt(text, 2 * i) << 8) | byteAt(text, 2 * i + 1));

const byteAt = (text: string, at: number): number => (at < text.length ? text.charCodeAt(at) & 0xff : 0);

/** Registers as hexadecimal digits, four each. */
export const decodeHex = (registers: readonly number[]): string =>
  registers.map((word) => word.toString(16).padStart(4, "0")).join("");
