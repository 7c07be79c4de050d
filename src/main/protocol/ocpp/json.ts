// Tolerant readers of single JSON values. What the field sends instead of what the schema says: /D1 of the device notes.

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Own property only, so "__proto__" or "constructor" in a message is just another unknown name. */
export const field = (object: JsonObject, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;

/** Trimmed text of a string or number; `null` for blanks and everything else. */
export function readText(value: unknown): string | null {
  const text = typeof value === "string" ? value.trim() : typeof value === "number" ? String(value) : "";
  return text === "" ? null : text;
}

const PLAIN = /^[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,3})?$/u;
const DOTS_THEN_COMMA = /^[+-]?\d{1,3}(?:\.\d{3})+,\d+$/u;
const COMMAS_THEN_DOT = /^[+-]?\d{1,3}(?:,\d{3})+\.\d+$/u;
const NUMBER_CHARS_MAX = 40;

/** A finite number from a number or from text with a decimal point or comma; `null` otherwise. */
export function readDecimal(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string" || value.length > NUMBER_CHARS_MAX) return null;
  const text = value.trim();
  const plain = DOTS_THEN_COMMA.test(text)
    ? text.replaceAll(".", "").replace(",", ".")
    : COMMAS_THEN_DOT.test(text)
      ? text.replaceAll(",", "")
      : PLAIN.test(text)
        ? text.replace(",", ".")
        : null;
  const number = plain === null ? Number.NaN : Number(plain);
  return Number.isFinite(number) ? number : null;
}

/** A whole number from 5, 5.0, "5" or "5.0"; `null` otherwise. */
export function readWhole(value: unknown): number | null {
  const number = readDecimal(value);
  return number !== null && Number.isSafeInteger(number) ? number : null;
}

/** The list itself, a lone object as a list of one, or `null`. */
export const readList = (value: unknown): readonly unknown[] | null =>
  Array.isArray(value) ? value : isObject(value) ? [value] : null;
