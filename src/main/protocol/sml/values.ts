import { isMessageCrc } from "./crc16.ts";
import { readSmlNodes, type SmlNode } from "./nodes.ts";

export type SmlValue = {
  readonly value: number;
  /** Unit as IEC 62056-61 numbers it: 27 W, 30 Wh, 33 A, 35 V, 44 Hz; `null` when none is sent. */
  readonly unit: number | null;
  /** Of a negative number only: in how many bytes it was sent, and what these make when they are read without a sign. */
  readonly unsigned?: { readonly bytes: number; readonly value: number };
};
export type SmlReading = {
  /** Meter's own id as hexadecimal digits; `null` when none is sent. */
  readonly serverId: string | null;
  /** By OBIS number as twelve hexadecimal digits: `0100010800ff`. */
  readonly values: ReadonlyMap<string, SmlValue>;
};

/** SML_GetList.Res. */
const GET_LIST_RESPONSE = 0x0701;
const SCALER_MAX = 9;

/**
 * The values of every list in a file's content; `null` when the content is no SML file, a message's check sum is wrong,
 * or there is no list. Never throws.
 */
export function readSml(content: Uint8Array): SmlReading | null {
  const messages = readSmlNodes(content);
  if (messages === null || !areSound(messages, content)) return null;
  const lists = messages.flatMap((message) => listResponse(message) ?? []);
  const [first] = lists;
  if (first === undefined) return null;
  const values = new Map<string, SmlValue>();
  for (const list of lists) {
    for (const entry of itemsOf(list[4])) addEntry(values, itemsOf(entry));
  }
  return { serverId: hexOf(first[1]), values };
}

/** Every message is a list of six: two numbers, what to do on errors, its body, its check sum and its end. */
function areSound(messages: readonly SmlNode[], content: Uint8Array): boolean {
  let from = 0;
  for (const message of messages) {
    if (message.kind !== "list" || message.items.length !== 6) return false;
    const [crc, [bodyEnd, end]] = [message.items[4], [message.ends[3], message.ends[5]]];
    if (crc?.kind !== "number" || crc.value === null) return false;
    if (!isMessageCrc(crc.value, content.subarray(from, bodyEnd))) return false;
    from = end ?? content.length;
  }
  return true;
}

/** The seven elements of a list response, else `null`. */
function listResponse(message: SmlNode): readonly (readonly SmlNode[])[] | null {
  const [tag, body] = itemsOf(itemsOf(message)[3]);
  if (tag?.kind !== "number" || tag.value !== GET_LIST_RESPONSE) return null;
  const parts = itemsOf(body);
  return parts.length === 7 ? [parts] : null;
}

/** objName, status, valTime, unit, scaler, value, signature. */
function addEntry(values: Map<string, SmlValue>, entry: readonly SmlNode[]): void {
  const [name, , , unit, scaler, value] = entry;
  const code = hexOf(name);
  if (entry.length !== 7 || code?.length !== 12 || value?.kind !== "number" || value.value === null) return;
  const exponent = scaler?.kind === "number" ? scaler.value : 0;
  if (exponent === null || Math.abs(exponent) > SCALER_MAX) return;
  // Division keeps 2345 × 10^-1 at 234.5, multiplication by 0.1 would not always.
  const scaled = (raw: number): number => (exponent < 0 ? raw / 10 ** -exponent : raw * 10 ** exponent);
  const { bytes } = value;
  values.set(code, {
    value: scaled(value.value),
    unit: unit?.kind === "number" ? unit.value : null,
    ...(value.value < 0 ? { unsigned: { bytes, value: scaled(value.value + 2 ** (8 * bytes)) } } : {}),
  });
}

const itemsOf = (node: SmlNode | undefined): readonly SmlNode[] => (node?.kind === "list" ? node.items : []);

const hexOf = (node: SmlNode | undefined): string | null =>
  node?.kind === "octets" ? [...node.bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("") : null;
