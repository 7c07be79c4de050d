const GROUPS = 8;

/** The 4 or 16 bytes of an IP address; `null` where it is none (a zone as in `%eth0` makes it none, too). */
export function addressBytes(text: string): Uint8Array | null {
  const four = fourBytes(text);
  if (four !== null) return Uint8Array.from(four);
  const halves = text.split("::");
  // Four bytes stand at the end alone.
  if (!text.includes(":") || halves.length > 2 || /\..*:/u.test(text)) return null;
  const [head, tail] = halves.map(groupsOf);
  if (head === undefined || head === null || tail === null) return null;
  const missing = GROUPS - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function fourBytes(text: string): number[] | null {
  const parts = text.split(".");
  const isFour = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/u.test(part) && Number(part) < 256);
  return isFour ? parts.map(Number) : null;
}

/** The last group may be written as four bytes. */
function groupsOf(half: string): number[] | null {
  if (half === "") return [];
  const groups = half.split(":").flatMap((part, at, all) => {
    const four = at === all.length - 1 ? fourBytes(part) : null;
    if (four !== null) return [(four[0] ?? 0) * 256 + (four[1] ?? 0), (four[2] ?? 0) * 256 + (four[3] ?? 0)];
    return [/^[0-9a-f]{1,4}$/iu.test(part) ? Number.parseInt(part, 16) : NaN];
  });
  return groups.some(Number.isNaN) ? null : groups;
}
