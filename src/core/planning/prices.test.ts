import { describe, expect, test } from "vitest";
import { epochMs } from "../units/index.ts";
import { parsePriceFile, pricesOfFile, pricesOfWindows, type PriceWindow } from "./prices.ts";
import { planSlots } from "./slots.ts";

const ZONE = "Europe/Berlin";
const at = (local: string): number => Temporal.ZonedDateTime.from(`${local}[${ZONE}]`).epochMilliseconds;
const HOUR_ms = 3_600_000;

const NIGHT: PriceWindow = { from_minute: 0, until_minute: 360, price_micro_per_kWh: 180_000 };
const SUMMER_NOON: PriceWindow = {
  weekdays: [1, 2, 3, 4, 5],
  months: [6, 7, 8, 9],
  from_minute: 720,
  until_minute: 1080,
  price_micro_per_kWh: 266_680,
};
const OTHERWISE = { otherwise_micro_per_kWh: 320_000, timezone: ZONE };

const priceAt = (local: string): number | undefined =>
  pricesOfWindows([NIGHT, SUMMER_NOON], planSlots(epochMs(at(local)), 1), OTHERWISE)[0];

describe("windows of local time", () => {
  test.each([
    ["2026-09-14T05:59", 180_000],
    ["2026-09-14T06:00", 320_000],
    ["2026-09-14T12:00", 266_680],
    ["2026-09-14T18:00", 320_000],
    ["2026-09-13T12:00", 320_000],
    ["2026-10-05T12:00", 320_000],
  ])("%s", (local, price) => {
    expect(priceAt(local)).toBe(price);
  });

  test.each([
    ["the short day in March", "2026-03-29T00:00", 20],
    ["the long day in October", "2026-10-25T00:00", 28],
    ["any other day", "2026-11-02T00:00", 24],
  ])("a night that ends at six has as many quarter hours as the wall clock gives it: %s", (_, midnight, quarters) => {
    const prices = pricesOfWindows([NIGHT], planSlots(epochMs(at(midnight)), 60), OTHERWISE);
    expect(prices.filter((price) => price === 180_000)).toHaveLength(quarters);
  });
});

describe("a file of prices", () => {
  const prices = (text: string): readonly unknown[] => {
    const file = parsePriceFile(text);
    return file.ok ? file.prices.map(({ price_micro_per_kWh }) => price_micro_per_kWh) : [file.code, file.line];
  };

  test.each([
    [
      "CSV per kWh",
      "start,price_per_kWh\n2026-11-23T00:00+01:00,0.2875\n2026-11-23T01:00+01:00,-0.01",
      [287_500, -10_000],
    ],
    [
      "CSV per MWh with semicolons and a mark of byte order",
      "\uFEFFstart;price_per_MWh\r\n2026-11-23T00:00Z;87.35\r\n",
      [87_350],
    ],
    [
      "JSON",
      '[{"start":"2026-11-23T00:00Z","price_per_MWh":87.35},{"start":"2026-11-23T01:00Z","price_per_kWh":"0.1"}]',
      [87_350, 100_000],
    ],
  ])("%s", (_, text, expected) => {
    expect(prices(text)).toEqual(expected);
  });

  test.each([
    ["", ["empty", 1]],
    ["start,price_per_kWh", ["empty", 1]],
    ["start,price\n2026-11-23T00:00Z,1", ["no-price-column", 2]],
    ["start,price_per_kWh\nyesterday,1", ["bad-time", 2]],
    ["start,price_per_kWh\n2026-11-23T00:00,1", ["bad-time", 2]],
    ["start,price_per_kWh\n2026-11-23T00:00Z,1\n2026-11-23T01:00Z,cheap", ["bad-price", 3]],
    ["start,price_per_kWh\n2026-11-23T01:00Z,1\n2026-11-23T00:00Z,1", ["not-ascending", 3]],
    ["[{]", ["bad-json", 1]],
    ["[1]", ["bad-time", 1]],
  ])("%j is refused with its line", (text, expected) => {
    expect(prices(text)).toEqual(expected);
  });

  test("a price holds until the next one, and no longer than an hour where the file has a gap", () => {
    const file = parsePriceFile(
      "start,price_per_kWh\n2026-11-23T00:00Z,1\n2026-11-23T00:15Z,2\n2026-11-23T06:00Z,3\n2026-11-23T07:00Z,4",
    );
    if (!file.ok) throw new Error(file.code);
    expect(file.prices.map(({ from_ms, until_ms }) => until_ms - from_ms)).toEqual([
      900_000,
      HOUR_ms,
      HOUR_ms,
      HOUR_ms,
    ]);
  });

  test("both hours of the night in October have their own price", () => {
    const file = parsePriceFile("start,price_per_kWh\n2026-10-25T02:00+02:00,0.1\n2026-10-25T02:00+01:00,0.2");
    if (!file.ok) throw new Error(file.code);
    const slots = planSlots(epochMs(Date.parse("2026-10-25T02:00+02:00")), 8);
    expect(pricesOfFile(file.prices, slots)).toEqual([
      ...Array<number>(4).fill(100_000),
      ...Array<number>(4).fill(200_000),
    ]);
  });

  test("hours not published yet cost what they did the day before; without that there are no prices", () => {
    const file = parsePriceFile("start,price_per_kWh\n2026-11-22T10:00Z,0.3\n2026-11-22T11:00Z,0.4");
    if (!file.ok) throw new Error(file.code);
    const tomorrow = planSlots(epochMs(Date.parse("2026-11-23T10:00Z")), 8);
    expect(pricesOfFile(file.prices, tomorrow)).toEqual([
      ...Array<number>(4).fill(300_000),
      ...Array<number>(4).fill(400_000),
    ]);
    expect(pricesOfFile(file.prices, planSlots(epochMs(Date.parse("2026-11-23T09:00Z")), 8))).toBeNull();
  });
});
