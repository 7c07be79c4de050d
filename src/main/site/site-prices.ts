import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parsePriceFile, pricesOfFile, pricesOfWindows } from "../../core/planning/index.ts";
import type { PlanSlot, PriceWindow, TimedPrice } from "../../core/planning/index.ts";
import type { PriceHours, SitePlanning } from "../../core/site/index.ts";

/** In the data folder; the first that is there counts. */
const PRICE_FILES = ["prices.json", "prices.csv"] as const;
/** Two years of quarter hours have room. */
const BYTES_MAX = 8_000_000;
const DAY_MINUTES = 1_440;

/** Why the price file cannot be used; `line` from 1, `null`: the whole file. */
export type PriceTrouble = { readonly file: string; readonly code: string; readonly line: number | null };

export type SlotPrices = {
  /** Per slot; `null`: a kWh always costs the same. */
  readonly import_micro_per_kWh: readonly number[] | null;
  readonly from: "file" | "hours" | "none";
  readonly trouble: PriceTrouble | null;
};

export type SitePrices = {
  /** Prices as they are known now. The file is read anew when it has changed; a broken one is trouble, and the hours hold. */
  readonly of: (slots: readonly PlanSlot[]) => SlotPrices;
};

type Read =
  | { readonly kind: "absent" }
  | { readonly kind: "good"; readonly file: string; readonly prices: readonly TimedPrice[] }
  | { readonly kind: "broken"; readonly trouble: PriceTrouble };

const broken = (file: string, code: string, line: number | null): Read => ({
  kind: "broken",
  trouble: { file, code, line },
});

/** True when a price file lies in the data folder now. */
export const hasPriceFile = (dataFolder: string | null): boolean =>
  dataFolder !== null && PRICE_FILES.some((name) => sizeOf(join(dataFolder, name)) !== null);

/** Prices of the site: its file where that has a price, else the hours of its settings. */
export function createSitePrices(options: {
  readonly dataFolder: string | null;
  readonly prices: SitePlanning["prices"];
  readonly timezone: string;
}): SitePrices {
  const { dataFolder, prices, timezone } = options;
  const windows = (prices?.hours ?? []).flatMap(windowsOf);
  let last: { readonly stamp: string; readonly read: Read } | null = null;
  const read = (): Read => {
    const found = dataFolder === null ? null : stampOf(dataFolder);
    if (found === null) return { kind: "absent" };
    if (last?.stamp !== found.stamp) last = { stamp: found.stamp, read: readPrices(found) };
    return last.read;
  };
  return {
    of: (slots) => {
      const own =
        prices === undefined
          ? null
          : pricesOfWindows(windows, slots, { otherwise_micro_per_kWh: prices.otherwise_micro_per_kWh, timezone });
      const held = { import_micro_per_kWh: own, from: own === null ? "none" : "hours" } as const;
      const file = read();
      if (file.kind === "absent") return { ...held, trouble: null };
      if (file.kind === "broken") return { ...held, trouble: file.trouble };
      const whole = pricesOfFile(file.prices, slots);
      if (whole !== null) return { import_micro_per_kWh: whole, from: "file", trouble: null };
      const [first] = slots;
      const knowsNow = first !== undefined && pricesOfFile(file.prices, [first]) !== null;
      if (!knowsNow || own === null)
        return { ...held, trouble: { file: file.file, code: knowsNow ? "too-short" : "out-of-date", line: null } };
      const mixed = slots.map((slot, index) => pricesOfFile(file.prices, [slot])?.[0] ?? own[index] ?? 0);
      return { import_micro_per_kWh: mixed, from: "file", trouble: null };
    },
  };
}

/** Hours over midnight are two windows: the second one lies on the day after. */
function windowsOf({ weekdays, from_minute, until_minute, price_micro_per_kWh }: PriceHours): PriceWindow[] {
  const on = (days: readonly number[] | undefined): Pick<PriceWindow, "weekdays"> =>
    days === undefined ? {} : { weekdays: days };
  if (until_minute > from_minute) return [{ ...on(weekdays), from_minute, until_minute, price_micro_per_kWh }];
  const nextDays = weekdays?.map((day) => (day % 7) + 1);
  return [
    { ...on(weekdays), from_minute, until_minute: DAY_MINUTES, price_micro_per_kWh },
    { ...on(nextDays), from_minute: 0, until_minute, price_micro_per_kWh },
  ];
}

type Found = { readonly path: string; readonly file: string; readonly size: number; readonly stamp: string };

function stampOf(dataFolder: string): Found | null {
  for (const file of PRICE_FILES) {
    const path = join(dataFolder, file);
    const at = sizeOf(path);
    if (at !== null) return { path, file, size: at.size, stamp: `${file} ${String(at.mtimeMs)} ${String(at.size)}` };
  }
  return null;
}

function sizeOf(path: string): { readonly size: number; readonly mtimeMs: number } | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}

function readPrices({ path, file, size }: Found): Read {
  if (size > BYTES_MAX) return broken(file, "too-long", null);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    // A folder of that name, or a file that we may not read: for the owner it is one trouble.
    return broken(file, error instanceof Error && "code" in error ? String(error.code) : "unreadable", null);
  }
  const parsed = parsePriceFile(text);
  return parsed.ok ? { kind: "good", file, prices: parsed.prices } : broken(file, parsed.code, parsed.line);
}
