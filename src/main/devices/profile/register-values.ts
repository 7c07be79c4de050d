import {
  decodeHex,
  decodeNumber,
  decodeText,
  encodeNumber,
  encodeText,
  integerRange,
  type NumberType,
  type WordOrder,
} from "../../protocol/modbus/index.ts";
import { valueWidth } from "./profile-rules.ts";
import type { DeviceProfile, ProfileRegister } from "./profile-schema.ts";

/** A register's value in the profile's own unit, or its text; `null` when the device says it has none. */
export type RegisterValue = number | string | null;

const numberTypeOf = (register: ProfileRegister): NumberType | null => {
  switch (register.type) {
    case "ascii":
    case "utf16":
    case "hex":
    case "bits":
    case "bit":
      return null;
    default:
      return register.type;
  }
};

const swapBytes = (word: number): number => ((word & 0xff) << 8) | (word >>> 8);

const orderOf = (profile: DeviceProfile, register: ProfileRegister): WordOrder =>
  register.word_order ?? profile.word_order;

/** Reads one value out of exactly the words (or bits as 0 and 1) it occupies. Sentinels and NaN are `null`, never 0. */
export function decodeRegister(
  profile: DeviceProfile,
  register: ProfileRegister,
  words: readonly number[],
): RegisterValue {
  if (words.length !== valueWidth(register)) return null;
  const ordered = register.byte_order === undefined || register.byte_order === "big" ? words : words.map(swapBytes);
  const type = numberTypeOf(register);
  if (type !== null) return decodeNumeric(profile, register, type, ordered);
  switch (register.type) {
    case "bit":
      return ordered[0] ?? null;
    case "bits":
      // A field of bits in registers may be longer than a number is exact.
      return register.fc > 2 ? decodeHex(ordered) : ordered.reduce((sum, bit, i) => sum + bit * 2 ** i, 0);
    case "hex":
      return decodeHex(ordered);
    case "utf16":
      return String.fromCharCode(...ordered.filter((word) => word !== 0)).trim();
    default:
      return decodeCharacters(register, ordered);
  }
}

function decodeCharacters(register: ProfileRegister, words: readonly number[]): string | null {
  const word = words[0] ?? 0;
  if (register.char === "low") return String.fromCharCode(word & 0xff).trim();
  if (register.char === "high") return String.fromCharCode(word >>> 8).trim();
  const text = decodeText(words);
  return text === "" ? null : text;
}

function decodeNumeric(
  profile: DeviceProfile,
  register: ProfileRegister,
  type: NumberType,
  words: readonly number[],
): RegisterValue {
  const raw = decodeNumber(words, type, orderOf(profile, register));
  if (raw === null) return null;
  const sentinels = [...(register.invalid ?? []), ...(profile.invalid_default?.[type] ?? [])];
  if (sentinels.some((one) => (typeof one === "number" ? one : sentinelOf(one, type)) === raw)) return null;
  const { mask, shift = 0, scale = 1, offset = 0 } = register;
  const shifted = shift === 0 ? raw : Math.floor(raw / 2 ** shift);
  // Profiles mask at most 32 bits; `>>> 0` keeps bit 31 positive.
  const masked = mask === undefined ? shifted : (shifted & mask) >>> 0;
  const mapped = register.values?.[String(masked)];
  if (typeof mapped === "number" || typeof mapped === "string") return mapped;
  if (register.format === "hex") return masked.toString(16);
  if (register.format === "high.low") return `${String(masked >>> 8)}.${String(masked & 0xff)}`;
  const value = masked * scale + offset;
  const { plausibility } = register;
  return plausibility !== undefined && Math.abs(value) > plausibility.above ? value * plausibility.scale : value;
}

/** The raw number behind a sentinel's name; NaN is never a number to begin with. */
function sentinelOf(name: string, type: NumberType): number | null {
  const range = integerRange(type);
  if (range === null || (name !== "all_ones" && name !== "max_signed")) return null;
  const [low, high] = range;
  if (name === "max_signed") return low < 0 ? high : Math.floor(high / 2);
  return low < 0 ? -1 : high;
}

/** The words a device holds for `value`: rounded to the nearest raw step, clamped to the type; a sentinel for `null`. */
export function encodeRegister(
  profile: DeviceProfile,
  register: ProfileRegister,
  value: RegisterValue,
): readonly number[] {
  const width = valueWidth(register);
  const type = numberTypeOf(register);
  if (type === null) {
    if (register.type === "hex" || (register.type === "bits" && register.fc > 2))
      return hexWords(typeof value === "string" ? value : "", width);
    if (register.type === "bit" || register.type === "bits") {
      return Array.from({ length: width }, (_, i) => Math.floor((typeof value === "number" ? value : 0) / 2 ** i) % 2);
    }
    const text = value === null ? "" : String(value);
    if (register.char === "low") return [text.charCodeAt(0) & 0xff];
    const swapped = register.byte_order !== undefined && register.byte_order !== "big";
    if (register.type === "utf16") return Array.from({ length: width }, (_, i) => text.charCodeAt(i) || 0);
    return swapped ? encodeText(text, width).map(swapBytes) : encodeText(text, width);
  }
  const words = encodeNumber(rawOf(register, type, value), type, orderOf(profile, register));
  return register.byte_order === undefined || register.byte_order === "big" ? words : words.map(swapBytes);
}

function rawOf(register: ProfileRegister, type: NumberType, value: RegisterValue): number {
  const range = integerRange(type);
  if (value === null) {
    if (range === null) return NaN;
    const sentinel = register.invalid?.find((one) => typeof one === "number");
    return typeof sentinel === "number" ? sentinel : 0;
  }
  if (register.format === "hex" && typeof value === "string") return Number.parseInt(value, 16) || 0;
  if (register.format === "high.low" && typeof value === "string") {
    const [high = 0, low = 0] = value.split(".").map(Number);
    return high * 0x100 + low;
  }
  const mapped = Object.entries(register.values ?? {}).find(([, meaning]) => meaning === value)?.[0];
  const number =
    mapped === undefined ? (Number(value) - (register.offset ?? 0)) / (register.scale ?? 1) : Number(mapped);
  const placed = register.shift === undefined ? number : number * 2 ** register.shift;
  if (range === null) return placed;
  return Number.isFinite(placed) ? Math.min(range[1], Math.max(range[0], Math.round(placed))) : 0;
}

const hexWords = (digits: string, count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => Number.parseInt(digits.slice(4 * i, 4 * i + 4).padEnd(4, "0"), 16) || 0);
