import { assert } from "../units/index.ts";

/** Digits up to which numbers sort as text; longer ones keep all their digits. */
const DIGITS_min = 4;

/** The series a document's number is drawn from: one per prefix and year of issue. ("RE", 2026) is "RE-2026". */
export function invoiceSeries(prefix: string, year: number): string {
  const stem = prefix.replace(/-+$/u, "");
  return stem === "" ? String(year) : `${stem}-${String(year)}`;
}

/** How the n-th number of a series is printed: ("RE-2026", 7) is "RE-2026-0007". */
export function renderNumber(series: string, sequence: number): string {
  assert(Number.isSafeInteger(sequence) && sequence > 0, "numbers of a series count from 1");
  return `${series}-${String(sequence).padStart(DIGITS_min, "0")}`;
}
