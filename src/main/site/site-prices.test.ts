import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { planSlots } from "../../core/planning/index.ts";
import type { SitePlanning } from "../../core/site/index.ts";
import { epochMs } from "../../core/units/index.ts";
import { createSitePrices, hasPriceFile } from "./site-prices.ts";

/** Sunday, 8 November 2026, 23:30 in Berlin. */
const SUNDAY_LATE = epochMs(Date.UTC(2026, 10, 8, 22, 30));
const NIGHT: SitePlanning["prices"] = {
  otherwise_micro_per_kWh: 320_000,
  hours: [{ weekdays: [7], from_minute: 23 * 60, until_minute: 60, price_micro_per_kWh: 180_000 }],
};
const timezone = "Europe/Berlin";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "chargehand-prices-"));
  onTestFinished(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

test("hours over midnight hold on the day after the one they begin on", () => {
  const prices = createSitePrices({ dataFolder: null, prices: NIGHT, timezone });
  const { import_micro_per_kWh, from } = prices.of(planSlots(SUNDAY_LATE, 8));
  expect(from).toBe("hours");
  expect(import_micro_per_kWh).toEqual([...Array<number>(6).fill(180_000), 320_000, 320_000]);
});

test("a file goes before the hours wherever it has a price, and is read anew when it changes", () => {
  const dataFolder = folder();
  const prices = createSitePrices({ dataFolder, prices: NIGHT, timezone });
  const of = () => prices.of(planSlots(SUNDAY_LATE, 12));
  expect(of()).toMatchObject({ from: "hours", trouble: null });
  expect(hasPriceFile(dataFolder)).toBe(false);
  const file = join(dataFolder, "prices.csv");
  writeFileSync(file, "start,price_per_kWh\n2026-11-08T23:00:00+01:00,0.25\n2026-11-09T00:00:00+01:00,-0.01\n");
  expect(hasPriceFile(dataFolder)).toBe(true);
  const mixed = of();
  expect(mixed).toMatchObject({ from: "file", trouble: null });
  expect(mixed.import_micro_per_kWh?.slice(0, 4)).toEqual([250_000, 250_000, -10_000, -10_000]);
  // Nothing is published for the hours after: those of the settings hold.
  expect(mixed.import_micro_per_kWh?.at(-1)).toBe(320_000);
  writeFileSync(
    file,
    "start,price_per_kWh\n2026-11-08T23:00:00+01:00,0.4\n2026-11-09T00:00:00+01:00,0.5\n2026-11-09T01:00:00+01:00,0.6\n",
  );
  expect(of().import_micro_per_kWh?.[0]).toBe(400_000);
});

test.each([
  ["prices.csv", "start,price_per_kWh\n2026-11-08T23:00:00+01:00,a lot\n", "bad-price", 2],
  ["prices.csv", "start,price_per_kWh\n2026-11-08T23:00:00,0.2\n", "bad-time", 2],
  ["prices.json", "[{", "bad-json", 1],
  ["prices.csv", "start,price_per_kWh\n2026-01-08T23:00:00+01:00,0.25\n", "out-of-date", null],
])("%s that holds %j is trouble, and the hours hold", (file, text, code, line) => {
  const dataFolder = folder();
  writeFileSync(join(dataFolder, file), text);
  const prices = createSitePrices({ dataFolder, prices: NIGHT, timezone });
  expect(prices.of(planSlots(SUNDAY_LATE, 1))).toEqual({
    import_micro_per_kWh: [180_000],
    from: "hours",
    trouble: { file, code, line },
  });
});

test("a folder of that name is trouble like any other", () => {
  const dataFolder = folder();
  mkdirSync(join(dataFolder, "prices.json"));
  const prices = createSitePrices({ dataFolder, prices: undefined, timezone });
  expect(prices.of(planSlots(SUNDAY_LATE, 1))).toEqual({
    import_micro_per_kWh: null,
    from: "none",
    trouble: { file: "prices.json", code: "EISDIR", line: null },
  });
});
