import { expect, test } from "vitest";
import { parseSiteFile } from "./index.ts";
import { EXAMPLE, PROFILES } from "./site-file.example.ts";

const withPlanning = (lines: readonly string[]) =>
  parseSiteFile([EXAMPLE.trimEnd(), "planning:", ...lines.map((line) => `  ${line}`), ""].join("\n"), PROFILES);

const mistakes = (lines: readonly string[]) => {
  const parsed = withPlanning(lines);
  return parsed.ok ? [] : parsed.problems.map(({ field, code, line }) => ({ field, code, line }));
};
/** Line of the first field of the section. */
const FIRST = EXAMPLE.trimEnd().split("\n").length + 2;

test("prices by the hour, a price of the peak and a quarter-hour limit are read exactly", () => {
  const parsed = withPlanning([
    'per_kWh: "0.3075"',
    "hours:",
    '  - { days: [mon, sun], from: "22:30", to: "06:00", per_kWh: "0.187501" }',
    '  - { from: "12:00", to: "24:00", per_kWh: 0.2 }',
    'feed_in_per_kWh: "0.08"',
    'peak_per_kW: "6.5"',
    "peak_floor_kW: 2.5",
    "quarter_limit_kW: 80",
  ]);
  expect(parsed.ok ? parsed.site.model.planning : parsed.problems).toEqual({
    prices: {
      otherwise_micro_per_kWh: 307_500,
      hours: [
        { weekdays: [1, 7], from_minute: 1350, until_minute: 360, price_micro_per_kWh: 187_501 },
        { from_minute: 720, until_minute: 1440, price_micro_per_kWh: 200_000 },
      ],
    },
    feedIn_micro_per_kWh: 80_000,
    peak: { price_micro_per_kW: 6_500_000, floor_W: 2_500 },
    quarterLimit_W: 80_000,
  });
});

test("hours without the price of all other hours, and a floor without a price of the peak, are mistakes", () => {
  expect(mistakes(['hours: [{ from: "22:00", to: "06:00", per_kWh: 0.2 }]', "peak_floor_kW: 3"])).toEqual([
    { field: "planning.per_kWh", code: "missing", line: FIRST },
    { field: "planning.peak_per_kW", code: "missing", line: FIRST },
  ]);
});

test("each wrong field of the hours is named at its own line", () => {
  const lines = [
    "per_kWh: 0.3",
    "hours:",
    '  - { from: "22:00", to: "22:00", per_kWh: 0.2 }',
    '  - { from: "25:00", to: "06:00", per_kWh: 0.2 }',
    '  - { from: "10:00", to: "11:00", price: 0.2, per_kWh: 0.2 }',
  ];
  expect(mistakes(lines)).toEqual([
    { field: "planning.hours[1].from", code: "invalid-value", line: FIRST + 3 },
    { field: "planning.hours[2].price", code: "unknown-field", line: FIRST + 4 },
  ]);
  expect(mistakes(lines.slice(0, 3))).toEqual([
    { field: "planning.hours[0].to", code: "out-of-range", line: FIRST + 2 },
  ]);
});
