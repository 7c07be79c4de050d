import { exact, parseAmount, roundHalfUp } from "../units/index.ts";
import { epochMs, type EpochMs } from "../units/index.ts";
import type { PlanSlot } from "./plan-types.ts";

// Prices of energy per quarter hour: from windows of a time-of-use tariff in local time, or from a file of hourly prices.
// All in whole millionths of the currency per kWh.

/** A window of local time. `until_minute` 1440 is midnight; a window over midnight is two of them. */
export type PriceWindow = {
  /** ISO weekdays, 1 is Monday; left out: all. */
  readonly weekdays?: readonly number[];
  /** 1 to 12; left out: all. */
  readonly months?: readonly number[];
  readonly from_minute: number;
  readonly until_minute: number;
  readonly price_micro_per_kWh: number;
};

/** A price between two instants. */
export type TimedPrice = {
  readonly from_ms: EpochMs;
  readonly until_ms: EpochMs;
  readonly price_micro_per_kWh: number;
};

/** The first window that a slot begins in, else `otherwise`. Windows follow the wall clock, also when that is changed. */
export function pricesOfWindows(
  windows: readonly PriceWindow[],
  slots: readonly PlanSlot[],
  { otherwise_micro_per_kWh, timezone }: { readonly otherwise_micro_per_kWh: number; readonly timezone: string },
): readonly number[] {
  return slots.map(({ start_ms }) => {
    const local = Temporal.Instant.fromEpochMilliseconds(start_ms).toZonedDateTimeISO(timezone);
    const minute = local.hour * 60 + local.minute;
    const window = windows.find(
      ({ weekdays, months, from_minute, until_minute }) =>
        from_minute <= minute &&
        minute < until_minute &&
        (weekdays?.includes(local.dayOfWeek) ?? true) &&
        (months?.includes(local.month) ?? true),
    );
    return window?.price_micro_per_kWh ?? otherwise_micro_per_kWh;
  });
}

/**
 * Price of the moment each slot begins. Where the file has none (tomorrow is not published yet) that of the same time a
 * day before; where there is none either, `null`: no plan can be made of it.
 */
export function pricesOfFile(prices: readonly TimedPrice[], slots: readonly PlanSlot[]): readonly number[] | null {
  const at = (at_ms: number): number | null => priceAt(prices, at_ms);
  const found = slots.map(({ start_ms }) => at(start_ms) ?? at(start_ms - DAY_ms) ?? at(start_ms - 2 * DAY_ms));
  return found.every((price) => price !== null) ? found : null;
}

/** By halves: a file of two years has 70 000 quarter hours, and a plan asks for up to 144 at three places each. */
function priceAt(prices: readonly TimedPrice[], at_ms: number): number | null {
  let [low, high] = [0, prices.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((prices[middle]?.from_ms ?? Infinity) <= at_ms) low = middle + 1;
    else high = middle;
  }
  const last = prices[low - 1];
  return last !== undefined && at_ms < last.until_ms ? last.price_micro_per_kWh : null;
}

const DAY_ms = 86_400_000;
const HOUR_ms = 3_600_000;
const LINES_MAX = 100_000;

export type PriceFile =
  | { readonly ok: true; readonly prices: readonly TimedPrice[] }
  | {
      readonly ok: false;
      /** From 1; of a JSON file the place in the list. */
      readonly line: number;
      readonly code: "empty" | "too-long" | "no-price-column" | "bad-time" | "bad-price" | "not-ascending" | "bad-json";
    };

const refused = (line: number, code: Extract<PriceFile, { ok: false }>["code"]): PriceFile => ({
  ok: false,
  line,
  code,
});

/**
 * Hourly or quarter-hourly prices. CSV (comma or semicolon) or a JSON list of objects with `start` (ISO 8601 with offset)
 * and `price_per_kWh` or `price_per_MWh` (decimal, may be negative). A price holds until the next one begins, the last one
 * as long as the one before it.
 */
export function parsePriceFile(text: string): PriceFile {
  const rows = text.trimStart().startsWith("[") ? jsonRows(text) : csvRows(text);
  if (rows === null) return refused(1, "bad-json");
  const [head] = rows;
  if (head === undefined) return refused(1, "empty");
  if (rows.length > LINES_MAX) return refused(LINES_MAX, "too-long");
  const starts: { from_ms: number; price_micro_per_kWh: number }[] = [];
  for (const { line, start, perKWh, perMWh } of rows) {
    const from_ms = Date.parse(start);
    // Without an offset an hour of October would be two.
    if (Number.isNaN(from_ms) || !/(?:Z|[+-]\d\d:?\d\d)$/u.test(start.trim())) return refused(line, "bad-time");
    if (perKWh === null && perMWh === null) return refused(line, "no-price-column");
    const price = microOf(perKWh ?? perMWh ?? "", perKWh === null ? 1000n : 1n);
    if (price === null) return refused(line, "bad-price");
    if (from_ms <= (starts.at(-1)?.from_ms ?? -Infinity)) return refused(line, "not-ascending");
    starts.push({ from_ms, price_micro_per_kWh: price });
  }
  return { ok: true, prices: starts.map((_, index) => timed(starts, index)) };
}

function timed(starts: readonly { from_ms: number; price_micro_per_kWh: number }[], index: number): TimedPrice {
  const own = starts[index];
  const next = starts[index + 1];
  const before = starts[index - 1];
  const from_ms = own?.from_ms ?? 0;
  const length_ms = next === undefined ? from_ms - (before?.from_ms ?? from_ms - HOUR_ms) : next.from_ms - from_ms;
  // A gap of the file is no price of many hours.
  const until_ms = from_ms + Math.min(length_ms, HOUR_ms);
  return {
    from_ms: epochMs(from_ms),
    until_ms: epochMs(until_ms),
    price_micro_per_kWh: own?.price_micro_per_kWh ?? 0,
  };
}

type Row = {
  readonly line: number;
  readonly start: string;
  readonly perKWh: string | null;
  readonly perMWh: string | null;
};

/** "0.2875" per kWh, or "287.50" per MWh, to millionths per kWh, rounded half up. */
function microOf(text: string, divisor: bigint): number | null {
  // Six decimals of the major unit: parsed as a currency without minor units.
  const amount = parseAmount(text, "XOF");
  if (amount === null) return null;
  const micro = Number(roundHalfUp(exact(amount.numerator * 1_000_000n, amount.denominator * divisor)));
  return Number.isSafeInteger(micro) ? micro : null;
}

function csvRows(text: string): readonly Row[] {
  const [head = "", ...lines] = text.replace(/^\uFEFF/u, "").split(/\r?\n/u);
  const separator = head.includes(";") ? ";" : ",";
  const names = head.split(separator).map((name) => name.trim());
  const cell = (cells: readonly string[], name: string): string | null => {
    const index = names.indexOf(name);
    return index < 0 ? null : (cells[index] ?? "").trim();
  };
  return lines.flatMap((text_, index): Row[] => {
    if (text_.trim() === "") return [];
    const cells = text_.split(separator);
    return [
      {
        line: index + 2,
        start: cell(cells, "start") ?? "",
        perKWh: cell(cells, "price_per_kWh"),
        perMWh: cell(cells, "price_per_MWh"),
      },
    ];
  });
}

function jsonRows(text: string): readonly Row[] | null {
  const list = parsed(text);
  if (!Array.isArray(list)) return null;
  const entries: readonly unknown[] = list;
  return entries.map((entry, index) => {
    const fields = new Map<string, unknown>(typeof entry === "object" && entry !== null ? Object.entries(entry) : []);
    const amount = (name: string): string | null => {
      const value = fields.get(name);
      return typeof value === "number" || typeof value === "string" ? String(value) : null;
    };
    const start = fields.get("start");
    return {
      line: index + 1,
      start: typeof start === "string" ? start : "",
      perKWh: amount("price_per_kWh"),
      perMWh: amount("price_per_MWh"),
    };
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
