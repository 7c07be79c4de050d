/** One element of an SML file. Integers beyond what a number keeps exactly are `null`. */
export type SmlNode =
  | { readonly kind: "octets"; readonly bytes: Uint8Array }
  /** `bytes`: how many the number was sent in. */
  | { readonly kind: "number"; readonly value: number | null; readonly bytes: number }
  | { readonly kind: "bool"; readonly value: boolean }
  /** `ends`: where each item ends among the bytes read. */
  | { readonly kind: "list"; readonly items: readonly SmlNode[]; readonly ends: readonly number[] }
  /** An optional element that is not there. */
  | { readonly kind: "absent" }
  | { readonly kind: "end-of-message" };

/** A file nests five levels deep (message, body, value list, entry, time). */
const DEPTH_MAX = 10;
const TYPE = { octets: 0, bool: 4, signed: 5, unsigned: 6, list: 7 } as const;

type Read = { readonly node: SmlNode; readonly next: number };

/** All elements of `bytes` one after the other; `null` when they are not SML. Never throws. */
export function readSmlNodes(bytes: Uint8Array): readonly SmlNode[] | null {
  const nodes: SmlNode[] = [];
  for (let at = 0; at < bytes.length;) {
    const read = readNode(bytes, at, 0);
    if (read === null) return null;
    nodes.push(read.node);
    at = read.next;
  }
  return nodes;
}

function readNode(bytes: Uint8Array, at: number, depth: number): Read | null {
  const head = headOf(bytes, at);
  if (head === null || depth > DEPTH_MAX) return null;
  const { type, length, body } = head;
  if (bytes[at] === 0) return { node: { kind: "end-of-message" }, next: at + 1 };
  if (type === TYPE.list) return readList(bytes, body, length, depth);
  // The length counts its own bytes too.
  const end = at + length;
  if (length < body - at || end > bytes.length) return null;
  const content = bytes.slice(body, end);
  const node = nodeOf(type, content);
  return node === null ? null : { node, next: end };
}

function readList(bytes: Uint8Array, from: number, count: number, depth: number): Read | null {
  const items: SmlNode[] = [];
  const ends: number[] = [];
  let at = from;
  while (items.length < count) {
    const read = readNode(bytes, at, depth + 1);
    if (read === null) return null;
    items.push(read.node);
    at = read.next;
    ends.push(at);
  }
  return { node: { kind: "list", items, ends }, next: at };
}

/** Type and length of an element; the length may go on over several bytes of four bits each. */
function headOf(
  bytes: Uint8Array,
  at: number,
): { readonly type: number; readonly length: number; readonly body: number } | null {
  const first = bytes[at];
  if (first === undefined) return null;
  let length = first & 0x0f;
  let body = at + 1;
  let more = (first & 0x80) !== 0;
  while (more) {
    const next = bytes[body];
    if (next === undefined || (next & 0x70) !== 0 || length > 0xfff) return null;
    length = length * 0x10 + (next & 0x0f);
    more = (next & 0x80) !== 0;
    body += 1;
  }
  return { type: (first & 0x70) >>> 4, length, body };
}

function nodeOf(type: number, content: Uint8Array): SmlNode | null {
  switch (type) {
    case TYPE.octets:
      return content.length === 0 ? { kind: "absent" } : { kind: "octets", bytes: content };
    case TYPE.bool:
      return content.length === 1 ? { kind: "bool", value: content[0] !== 0 } : null;
    case TYPE.signed:
    case TYPE.unsigned:
      return content.length >= 1 && content.length <= 8
        ? { kind: "number", value: integerOf(content, type === TYPE.signed), bytes: content.length }
        : null;
    default:
      return null;
  }
}

/** Meters leave out leading bytes, so any length from 1 to 8 is extended by its sign. */
function integerOf(content: Uint8Array, signed: boolean): number | null {
  const raw = content.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const value = Number(signed ? BigInt.asIntN(8 * content.length, raw) : raw);
  return Number.isSafeInteger(value) ? value : null;
}
