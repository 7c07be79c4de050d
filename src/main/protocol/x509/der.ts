import { assert } from "../../../core/units/index.ts";

// ITU-T X.690, distinguished encoding, as far as a certificate of ours needs it.

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  nothing: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;
/** Tags of a field by its number: of a plain value, and of one that holds others. */
const CONTEXT = 0x80;
const CONTEXT_HOLDING = 0xa0;
/** RFC 5280, 4.1.2.5: years before this are written with two digits. */
const GENERALIZED_FROM = "2050";

const concat = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

function tagged(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concat(parts);
  const { length } = content;
  if (length < 0x80) return concat([Uint8Array.of(tag, length), content]);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return concat([Uint8Array.of(tag, 0x80 | digits.length, ...digits), content]);
}

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => tagged(TAG.sequence, ...parts);
export const setOf = (...parts: readonly Uint8Array[]): Uint8Array => tagged(TAG.set, ...parts);
export const octets = (content: Uint8Array): Uint8Array => tagged(TAG.octets, content);
export const nothing = (): Uint8Array => tagged(TAG.nothing);
export const yes = (): Uint8Array => tagged(TAG.boolean, Uint8Array.of(0xff));
/** Field `[number]` that wraps whole values. */
export const holding = (number: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  tagged(CONTEXT_HOLDING | number, ...parts);
/** Field `[number]` that takes the place of a value's own tag. */
export const inPlace = (number: number, content: Uint8Array): Uint8Array => tagged(CONTEXT | number, content);

/** A whole number from 0 up, big end first, in as few bytes as it has. */
export function unsigned(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Uint8Array.of(0) : bytes.subarray(first);
  // The highest bit is the sign.
  return tagged(TAG.integer, ...((digits[0] ?? 0) >= 0x80 ? [Uint8Array.of(0)] : []), digits);
}

/** Bits of whole bytes, but for the last `unused` ones. */
export const bits = (content: Uint8Array, unused = 0): Uint8Array => tagged(TAG.bits, Uint8Array.of(unused), content);

/** Text in ASCII: names that we give ourselves have no other letters. */
export const text = (content: string): Uint8Array => tagged(TAG.utf8, ascii(content));

/** The bytes of a text in ASCII. */
export function ascii(content: string): Uint8Array {
  const codes = Array.from({ length: content.length }, (_, at) => content.charCodeAt(at));
  assert(
    codes.every((code) => code >= 0x20 && code < 0x7f),
    "names in a certificate of ours are ASCII",
  );
  return Uint8Array.from(codes);
}

/** An object identifier as in "2.5.29.17". */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tagged(TAG.oid, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** Seven bits a byte; all but the last have the highest bit. */
function base128(value: number): number[] {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift((rest % 128) | 0x80);
  return digits;
}

/** An instant to the second, in UTC. */
export function time(at_ms: number): Uint8Array {
  const iso = Temporal.Instant.fromEpochMilliseconds(at_ms).toString({ smallestUnit: "second" });
  const digits = iso.replaceAll(/[^0-9]/gu, "");
  assert(digits.length === 14, "a certificate is of a year with four digits");
  return digits < GENERALIZED_FROM
    ? tagged(TAG.utcTime, ascii(`${digits.slice(2)}Z`))
    : tagged(TAG.generalizedTime, ascii(`${digits}Z`));
}
