/** One line of a telegram that holds one number: `1-0:1.7.0(00.123*kW)`. */
export type P1Value = { readonly value: number; readonly unit: string };
export type P1Telegram = {
  /** False: the meter sends no check sum (DSMR 2 and 3), and only the telegram's form speaks for it. */
  readonly isProtected: boolean;
  /** What follows the slash: maker and version. */
  readonly identification: string;
  /** By OBIS code (`1-0:1.7.0`); a code that appears twice with different numbers is left out. */
  readonly values: ReadonlyMap<string, P1Value>;
  /** Equipment identifier (0-0:96.1.1) as text; `null` when the meter sends none. */
  readonly serial: string | null;
};

const NUMBER_LINE = /^(\d{1,3}-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3})\((\d{1,12}(?:\.\d{1,9})?)\*([A-Za-z]{1,8})\)$/u;
const SERIAL_LINE = /^0-0:96\.1\.1\(((?:[0-9A-Fa-f]{2}){1,48})\)$/u;

/** Reads the lines of a telegram that is believed; lines of another shape are passed over. */
export function parseP1(text: string, isProtected: boolean): P1Telegram {
  const [first = "", ...lines] = text.split(/\r\n|\n/u);
  const values = new Map<string, P1Value>();
  const ambiguous = new Set<string>();
  let serial: string | null = null;
  for (const line of lines) {
    const hex = SERIAL_LINE.exec(line)?.[1];
    if (hex !== undefined) serial = fromHex(hex);
    const [, code, number, unit] = NUMBER_LINE.exec(line) ?? [];
    if (code === undefined || number === undefined || unit === undefined) continue;
    const earlier = values.get(code);
    if (earlier !== undefined && (earlier.value !== Number(number) || earlier.unit !== unit)) ambiguous.add(code);
    values.set(code, { value: Number(number), unit });
  }
  for (const code of ambiguous) values.delete(code);
  return { isProtected, identification: first.slice(1), values, serial };
}

const fromHex = (hex: string): string =>
  (hex.match(/../gu) ?? [])
    .map((pair) => String.fromCharCode(Number.parseInt(pair, 16)))
    .join("")
    .replaceAll(/[^\x20-\x7e]/gu, "");
